import { resolve } from 'node:path'
import { emulatorOptions, type OptionDefinition } from '../../testing/emulator/option-schemas.js'
import { closest } from '../../testing/emulator/validation/problem.js'
import { validate } from '../../testing/emulator/validation/schema.js'
import { serveOptions } from '../../testing/node/serve-options.js'
import { readOptions } from '../options.js'
import { type LoadedOptions, readCertificate } from './config-file.js'
import { describeDataProblem, parseData } from './data-file.js'
import { loadScript } from './load-script.js'

const definitions: Readonly<Record<string, OptionDefinition>> = { ...serveOptions, ...emulatorOptions }

/** The options of the command line that are not options of `createEmulator` or `serve`. */
const commandFlags = {
  config: {
    argument: '<file>',
    help: 'JSON or YAML file with options; options of the command line replace those of the file',
  },
  refuse: { argument: '<status>', help: 'HTTP status that the next handshake is refused with; can be repeated' },
  beta: { help: 'the same as --dialect beta' },
  'tls-key': { argument: '<file>', help: 'private key for --tls, in PEM' },
  'tls-cert': { argument: '<file>', help: 'certificate for --tls, in PEM' },
  watch: { help: 'load the files again when they change; a new version with a mistake is reported and not used' },
  log: { argument: '<events|summary>', help: 'print each event, or the start and end of each session' },
  version: { help: 'print the version' },
  help: { help: 'print this help' },
} as const

/** Flags whose names differ from the option, because they can be repeated or because another flag has the name. */
const flagNames: Readonly<Record<string, string>> = { models: 'model', faults: 'fault', voices: 'voice-name' }

interface Flag {
  readonly name: string
  readonly argument: string | undefined
  readonly help: string
  /** The option of a file that the flag sets. */
  readonly option?: string
}

const optionFlags: readonly Flag[] = Object.entries(definitions).flatMap(([option, { argument, help }]) => {
  const isOnCommandLine = argument !== undefined || option === 'tls' || option === 'script'
  const name = flagNames[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return isOnCommandLine ? [{ name, argument: option === 'script' ? '<[name=]file>' : argument, help, option }] : []
})

const flags: readonly Flag[] = [
  ...optionFlags,
  ...Object.entries(commandFlags).map(([name, flag]) => ({ argument: undefined, ...flag, name })),
]

/** Returns the list of flags for the help of the command. */
export function describeFlags(): string {
  const usages = flags.map(({ name, argument }) => `--${name}${argument ? ` ${argument}` : ''}`)
  const width = Math.min(34, Math.max(...usages.map(({ length }) => length)))
  return flags.map(({ help }, index) => `  ${(usages[index] ?? '').padEnd(width)}  ${help}\n`).join('')
}

/** What the command line states. */
export interface ParsedFlags {
  readonly config: string | undefined
  readonly watch: boolean
  readonly log: 'events' | 'summary' | undefined
  readonly prints: 'help' | 'version' | undefined
  /** Loads the options of the flags, with the files that they name. */
  load(cwd: string): Promise<LoadedOptions | { readonly problem: string }>
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** Parses the arguments of the command. */
export function parseFlags(args: readonly string[]): ParsedFlags | { readonly problem: string } {
  const parsed = readOptions(
    args,
    Object.fromEntries(
      flags.map(({ name, argument, option }) => {
        const reads = option === undefined ? undefined : definitions[option]?.reads
        const multiple = reads === 'texts' || reads === 'yamls' || name === 'script' || name === 'refuse'
        const short = name === 'help' ? { short: 'h' } : name === 'version' ? { short: 'v' } : {}
        return [name, { type: argument ? ('string' as const) : ('boolean' as const), multiple, ...short }]
      }),
    ),
  )
  if ('problem' in parsed) return { problem: withSuggestion(parsed.problem) }
  const values = parsed.values as Values
  const [extra] = parsed.positionals
  if (extra !== undefined)
    return { problem: `"${extra.slice(0, 60)}" is an unknown argument; allowed: options that start with --` }
  const { log } = values
  if (log !== undefined && log !== 'events' && log !== 'summary') {
    return { problem: `--log is "${String(log)}"; allowed: events, summary` }
  }
  return {
    config: values.config as string | undefined,
    watch: values.watch === true,
    log,
    prints: values.help ? 'help' : values.version ? 'version' : undefined,
    load: (cwd) => loadValues(values, cwd),
  }
}

/** Adds the most similar option to the message about an unknown one. */
function withSuggestion(problem: string): string {
  const unknown = /Unknown option '--([^']+)'/.exec(problem)?.[1]
  if (unknown === undefined) return problem
  const names = flags.map(({ name }) => name)
  const similar = closest(unknown, names)
  return `--${unknown} is an unknown option${similar === undefined ? '; --help lists all' : `; did you mean --${similar}?`}`
}

async function loadValues(values: Values, cwd: string): Promise<LoadedOptions | { readonly problem: string }> {
  const loaded: Record<string, unknown> = {}
  const files: string[] = []
  for (const { name, option } of optionFlags) {
    const given = values[name]
    if (given === undefined || option === undefined || option === 'script') continue
    const read = readFlag(definitions[option] as OptionDefinition, `--${name}`, given)
    if ('problem' in read) return read
    loaded[option] = read.value
  }
  if (Array.isArray(loaded.allowOrigin) && loaded.allowOrigin.includes('*')) loaded.allowOrigin = '*'
  if (values.beta) loaded.dialect = 'beta'

  const refusals: object[] = []
  for (const status of (values.refuse ?? []) as readonly string[]) {
    const read = readFlag(emulatorOptions.faults, '--refuse', [
      `{fault: refuse, status: ${JSON.stringify(Number(status))}}`,
    ])
    if ('problem' in read)
      return { problem: `--refuse is ${JSON.stringify(status)}; allowed: an HTTP status from 400 to 599` }
    refusals.push({ fault: 'refuse', status: Number(status) })
  }
  if (refusals.length > 0) loaded.faults = [...((loaded.faults as object[] | undefined) ?? []), ...refusals]

  const scripts: Record<string, unknown> = {}
  for (const given of (values.script ?? []) as readonly string[]) {
    const [, name, file = given] = /^([\w.-]+)=(.+)$/.exec(given) ?? []
    const path = resolve(cwd, file)
    files.push(path)
    const read = await loadScript(path, cwd)
    if ('problem' in read) return read
    if (name === undefined) loaded.script = read.script
    else scripts[name] = read.script
  }
  if (Object.keys(scripts).length > 0) loaded.scripts = scripts

  const { 'tls-key': key, 'tls-cert': cert } = values
  if ((key === undefined) !== (cert === undefined)) {
    return {
      problem: `--tls-${key === undefined ? 'key' : 'cert'} is missing; allowed: both --tls-key and --tls-cert, or neither`,
    }
  }
  if (typeof key === 'string' && typeof cert === 'string') {
    const tls = await readCertificate(cwd, key, cert)
    if ('problem' in tls) return tls
    loaded.tls = tls
  }
  return { values: loaded, files }
}

/** Converts the text of a flag and validates it with the schema of its option. */
function readFlag(
  { schema, reads }: OptionDefinition,
  flag: string,
  given: NonNullable<Values[string]>,
): { readonly value: unknown } | { readonly problem: string } {
  const values: unknown[] = []
  for (const text of Array.isArray(given) ? given : [given]) {
    if (reads === 'yaml' || reads === 'yamls') {
      const data = parseData(String(text), flag, 'yaml')
      if ('problem' in data) return data
      values.push(data.value)
    } else
      values.push(reads === 'number' && String(text).trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text)
  }
  const isWildcard = flag === '--allow-origin' && values.includes('*')
  const value = isWildcard ? '*' : Array.isArray(given) ? values : values[0]
  const parsed = validate(schema, value, flag)
  if (!('problem' in parsed)) return { value }
  const { problem } = parsed
  // What was typed is repeated, unless it is a key.
  const typed = parsed.path.reduce<unknown>(
    (inner, key) => (inner as Readonly<Record<PropertyKey, unknown>>)?.[key],
    value,
  )
  const found = typeof typed === 'string' && flag !== '--api-key' ? JSON.stringify(typed.slice(0, 60)) : problem.found
  return { problem: describeDataProblem({ ...problem, found }) }
}
