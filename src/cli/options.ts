import { type ParseArgsConfig, parseArgs } from 'node:util'
import { exitCodes, type Io } from './io.js'

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

/** The arguments of a command, or its exit code when it ends here: after `--help` or a mistake. */
export type StartedCommand<Known extends Options> =
  | (ReturnType<typeof parseArgs<Config<Known>>> & { readonly exitCode?: undefined })
  | { readonly exitCode: number }

/** Parses the options of a command. Prints `help` when it is asked for, and below a mistake. The options contain `help`. */
export function startCommand<const Known extends Options>(
  args: readonly string[],
  io: Io,
  { options, help }: { readonly options: Known; readonly help: string },
): StartedCommand<Known> {
  const parsed = readOptions(args, options)
  if ('problem' in parsed) return { exitCode: usageError(io, help, parsed.problem) }
  if ((parsed.values as { readonly help?: boolean }).help !== true) return parsed
  io.out(help)
  return { exitCode: exitCodes.ok }
}

/** Prints a mistake of the user above the help. Returns the exit code. */
export function usageError(io: Io, help: string, problem: string): number {
  io.err(`${problem}.\n\n${help}`)
  return exitCodes.usage
}

/** Returns a port, or `undefined` if the text is none. */
export function readPort(text: string): number | undefined {
  const port = Number(text)
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined
}
