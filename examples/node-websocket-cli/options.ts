import { parseArgs } from 'node:util'

export interface Options {
  readonly input: string | undefined
  readonly output: string
  readonly model: string
  readonly voice: string
  readonly url: string | undefined
  readonly speed: 'realtime' | 'fast'
  readonly interrupt: number | undefined
}

/** Returns the help text. `command` is what users type. */
export const helpFor = (command: string): string => `A spoken conversation in the terminal.

  ${command} [options]

  --input file.wav    audio of the caller: any WAV file (default: the recording in this folder)
  --output file.wav   where the spoken answers go (default: answers.wav)
  --model name        the model (default: gpt-realtime-2.1)
  --voice name        the voice of the answers (default: marin)
  --url address       another Realtime server, ws: or wss:
  --interrupt n       keep talking while the response to turn n is played (default: 3 for the recording in this folder, else never)
  --realtime          at the pace of speech (default)
  --fast              eight times as fast
  --help              this text

Without OPENAI_API_KEY an emulator inside this program answers, with the caller's own words. With it, the real service does.`

/** Reads the command line, or returns what is wrong with it. */
export function readOptions(args: string[]): Options | { problem: string } | 'help' {
  let values: ReturnType<typeof parse>['values']
  try {
    values = parse(args).values
  } catch (error) {
    return { problem: `${(error as Error).message.split('. ')[0]}; see --help` }
  }
  if (values.help) return 'help'
  if (values.realtime && values.fast) return { problem: '--realtime and --fast exclude each other' }
  const interrupt = values.interrupt === undefined ? undefined : Number(values.interrupt)
  if (interrupt !== undefined && !(Number.isInteger(interrupt) && interrupt > 0))
    return { problem: '--interrupt takes the number of a turn, from 1' }
  for (const name of ['input', 'output', 'model', 'voice', 'url'] as const)
    if (values[name] === '') return { problem: `--${name} must not be empty` }
  return {
    input: values.input,
    output: values.output ?? 'answers.wav',
    model: values.model ?? 'gpt-realtime-2.1',
    voice: values.voice ?? 'marin',
    url: values.url,
    speed: values.fast ? 'fast' : 'realtime',
    interrupt: interrupt ?? (values.input === undefined ? 3 : undefined),
  }
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      input: { type: 'string' },
      output: { type: 'string' },
      model: { type: 'string' },
      voice: { type: 'string' },
      url: { type: 'string' },
      interrupt: { type: 'string' },
      realtime: { type: 'boolean' },
      fast: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
