import { type ParseArgsConfig, parseArgs } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

interface Config<Known extends Options> {
  args: string[]
  options: Known
  allowPositionals: true
  strict: true
}

/** Parses command-line options. Returns a message if they are invalid. */
export function readOptions<const Known extends Options>(
  args: readonly string[],
  options: Known,
): ReturnType<typeof parseArgs<Config<Known>>> | { readonly problem: string } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    return { problem: (error as Error).message.split('. ')[0] as string }
  }
}
