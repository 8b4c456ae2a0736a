import type { Io } from '../io.js'
import { exitCodes } from '../io.js'
import { startCommand } from '../options.js'
import { type Limits, limitNames } from './limits.js'

export const help = `Usage: realtime-primitives load [options]

Holds spoken conversations over real sockets, and measures delay, gaps, CPU, and memory. Without --url, it starts the emulator, and with --via twilio also a telephone bridge, in processes of their own.

  --calls <number>         calls at the same time (default: 10)
  --ramp <time>            time in which the calls start, such as 30s (default: 10s)
  --hold <time>            time that is measured, with all calls (default: 30s)
  --call-length <time>     a call ends after this time, and the next one starts (default: 3m)
  --via <pcm|twilio>       PCM to a Realtime server, or mu-law to a telephone bridge as Twilio sends it (default: pcm)
  --url <url>              the server, or the webhook or stream of a telephone bridge
  --emulator-port <port>   with --url: starts the emulator on this port, for the server at --url to connect to
  --relay <bridge|bare>    with --via twilio and without --url: the bridge of this package, or two bare sockets to compare it with (default: bridge)
  --tools <rate>           share of turns with a tool call, from 0 to 1 (default: 0.34 for the started bridge, otherwise 0)
  --barge-in <rate>        share of turns in which the caller interrupts (default: 0)
  --drops <rate>           share of turns after which the connection is cut and the caller calls again (default: 0)
  --admission-ms <number>  the started bridge refuses new calls when its event loop is later than this
  --pid <pid>              a process whose CPU and memory is measured; can be repeated
  --processes <number>     processes of callers (default: one for 100 calls, at most the number of cores minus one)
  --pin                    runs the started agent on one core and all other processes on another one, with taskset
  --heap                   measures the heap of the started agent after a forced collection, early and at the end
  --cpu-prof <folder>      writes a CPU profile of the started agent
  --node-option <option>   an option of Node.js for the started agent, such as --node-option=--max-semi-space-size=8; can be repeated
  --html <file>            writes a report with plots
  --out <file>             writes the report as JSON
  --compare <file>         prints the difference to a report that --out has written

Limits. The exit code is 1 when one is exceeded:

  --max-p99-ms <number>        99th percentile of the added delay
  --max-gap-ms <number>        longest gap in the audio of the model
  --max-gaps <number>          gaps of more than 60 ms
  --max-errors <number>        errors
  --max-refused <number>       refused calls
  --max-cpu-ms <number>        CPU per session and second, in milliseconds
  --max-memory-kb <number>     memory per session
  --max-heap-growth <percent>  growth of the heap, with --heap

The API key is read from OPENAI_API_KEY and sent to --url only.
`

const definitions = {
  calls: { type: 'string' },
  ramp: { type: 'string' },
  hold: { type: 'string' },
  'call-length': { type: 'string' },
  via: { type: 'string' },
  url: { type: 'string' },
  'emulator-port': { type: 'string' },
  relay: { type: 'string' },
  tools: { type: 'string' },
  'barge-in': { type: 'string' },
  drops: { type: 'string' },
  'admission-ms': { type: 'string' },
  pid: { type: 'string', multiple: true },
  processes: { type: 'string' },
  pin: { type: 'boolean', default: false },
  heap: { type: 'boolean', default: false },
  'cpu-prof': { type: 'string' },
  'node-option': { type: 'string', multiple: true },
  html: { type: 'string' },
  out: { type: 'string' },
  compare: { type: 'string' },
  'max-p99-ms': { type: 'string' },
  'max-gap-ms': { type: 'string' },
  'max-gaps': { type: 'string' },
  'max-errors': { type: 'string' },
  'max-refused': { type: 'string' },
  'max-cpu-ms': { type: 'string' },
  'max-memory-kb': { type: 'string' },
  'max-heap-growth': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Options of a load test. */
export interface LoadOptions {
  readonly calls: number
  readonly rampMs: number
  readonly holdMs: number
  readonly callMs: number
  readonly via: 'pcm' | 'twilio'
  readonly url: string | undefined
  readonly emulatorPort: number | undefined
  readonly relay: 'bridge' | 'bare'
  readonly tools: number
  readonly bargeIns: number
  readonly drops: number
  readonly admissionMs: number | undefined
  readonly pids: readonly number[]
  /** `undefined` depends on the number of calls. */
  readonly processes: number | undefined
  readonly pin: boolean
  readonly heap: boolean
  readonly cpuProfile: string | undefined
  /** Options of Node.js for the started agent. */
  readonly nodeOptions: readonly string[]
  readonly limits: Limits
}

/** Options of the command: what is measured, and the files. */
export interface LoadCommand {
  readonly load: LoadOptions
  readonly html: string | undefined
  readonly out: string | undefined
  readonly compare: string | undefined
}

type Values = { readonly [Name in keyof typeof definitions]?: string | boolean | string[] | undefined }

/** Parses the arguments. Returns the exit code after `--help` or a mistake, of which it prints one line. */
export function readLoadOptions(args: readonly string[], io: Io): LoadCommand | { readonly exitCode: number } {
  // A mistake is one line. The help is long, so it is printed only when it is asked for.
  const brief: Io = { ...io, err: (text) => io.err(`load: ${text.split('\n', 1)[0] ?? ''}\n`) }
  const started = startCommand(args, brief, { options: definitions, help })
  if (started.exitCode !== undefined) return { exitCode: started.exitCode }
  try {
    if (started.positionals.length > 0) throw new OptionProblem(`unexpected argument ${quote(started.positionals[0])}`)
    return parse(started.values)
  } catch (error) {
    if (!(error instanceof OptionProblem)) throw error
    io.err(`load: ${error.message}\n`)
    return { exitCode: exitCodes.usage }
  }
}

/** A mistake in the options. */
class OptionProblem extends Error {}

function parse(values: Values): LoadCommand {
  const text = (name: keyof Values) => values[name] as string | undefined

  function refuse(name: keyof Values, allowed: string, found = text(name)): never {
    throw new OptionProblem(`--${name} is ${quote(found)}; allowed: ${allowed}`)
  }

  function number(
    name: keyof Values,
    min: number,
    max: number,
    allowed: string,
    given = text(name),
  ): number | undefined {
    if (given === undefined) return undefined
    const value = Number(given)
    return given.trim() !== '' && value >= min && value <= max ? value : refuse(name, allowed, given)
  }

  function integer(name: keyof Values, min: number, max: number, given = text(name)): number | undefined {
    const allowed = `a whole number from ${min} to ${max}`
    const value = number(name, min, max, allowed, given)
    return value === undefined || Number.isInteger(value) ? value : refuse(name, allowed, given)
  }

  const rate = (name: keyof Values) => number(name, 0, 1, 'a number from 0 to 1')

  function duration(name: keyof Values, fallbackMs: number, minMs: number): number {
    const given = text(name)
    if (given === undefined) return fallbackMs
    const ms = readDuration(given)
    return ms !== undefined && ms >= minMs && ms <= maxDurationMs
      ? ms
      : refuse(name, `a time from ${minMs / 1_000}s to 24h, such as 90s or 10m`)
  }

  function choice<const Name extends string>(name: keyof Values, names: readonly [Name, ...Name[]]): Name {
    const given = text(name) ?? names[0]
    return names.find((known) => known === given) ?? refuse(name, names.join(' or '))
  }

  function file(name: keyof Values): string | undefined {
    const given = text(name)
    return given === undefined || given.trim() !== '' ? given : refuse(name, 'a path')
  }

  function nodeOptions(): readonly string[] {
    const given = (values['node-option'] ?? []) as string[]
    for (const option of given)
      if (!option.startsWith('-')) refuse('node-option', 'an option that starts with -', option)
    return given
  }

  const via = choice('via', ['pcm', 'twilio'])
  const relay = choice('relay', ['bridge', 'bare'])
  const url = text('url')
  if (url !== undefined && !isUrlFor(via, url))
    refuse(
      'url',
      via === 'twilio' ? 'a URL that starts with http:, https:, ws:, or wss:' : 'a URL that starts with ws: or wss:',
      withoutQuery(url),
    )
  const emulatorPort = integer('emulator-port', 1, 65_535)
  const startsAgent = via === 'twilio' && url === undefined
  const only = (name: keyof Values, isPossible: boolean, when: string) => {
    if (!isPossible && values[name] !== undefined && values[name] !== false)
      throw new OptionProblem(
        `--${name} is ${quote(values[name] === true ? 'set' : String(values[name]))}; allowed: only ${when}`,
      )
  }
  only('emulator-port', url !== undefined, 'with --url')
  only('relay', startsAgent, 'with --via twilio and without --url')
  only('admission-ms', startsAgent && relay === 'bridge', 'with --via twilio, --relay bridge, and without --url')
  only('heap', url === undefined, 'without --url')
  only('cpu-prof', url === undefined, 'without --url')
  only('node-option', url === undefined, 'without --url')
  only('max-heap-growth', values.heap === true, 'with --heap')

  const limits = Object.fromEntries(
    limitNames.flatMap((name) => {
      const value = number(name, 0, Number.MAX_SAFE_INTEGER, 'a number of at least 0')
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return {
    load: {
      calls: integer('calls', 1, 10_000) ?? 10,
      rampMs: duration('ramp', 10_000, 0),
      holdMs: duration('hold', 30_000, 1_000),
      callMs: duration('call-length', 180_000, 1_000),
      via,
      url,
      emulatorPort,
      relay,
      tools: rate('tools') ?? (startsAgent && relay === 'bridge' ? 0.34 : 0),
      bargeIns: rate('barge-in') ?? 0,
      drops: rate('drops') ?? 0,
      admissionMs: number('admission-ms', 1, 10_000, 'a number from 1 to 10000'),
      pids: ((values.pid ?? []) as string[]).map((given) => integer('pid', 1, 2 ** 31, given) as number),
      processes: integer('processes', 1, 64),
      pin: values.pin === true,
      heap: values.heap === true,
      cpuProfile: file('cpu-prof'),
      nodeOptions: nodeOptions(),
      limits,
    },
    html: file('html'),
    out: file('out'),
    compare: file('compare'),
  }
}

const maxDurationMs = 24 * 3_600_000
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Parses a time such as `90s`, `10m`, or `1h`. A number without a unit is in seconds. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] ?? Number.NaN)
}

function isUrlFor(via: 'pcm' | 'twilio', text: string): boolean {
  if (!URL.canParse(text)) return false
  return (via === 'twilio' ? /^(ws|http)s?:$/ : /^wss?:$/).test(new URL(text).protocol)
}

/** Queries and user information of URLs can contain keys. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, '?…').replace(/\/\/[^/@]*@/, '//…@')
}

function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 60))
}
