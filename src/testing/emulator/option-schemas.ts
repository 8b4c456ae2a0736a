import type { Clock } from '../../internal/clock.js'
import { emulatedDialects } from './dialects/serve-dialect.js'
import { EmulatorError } from './error.js'
import { type Fault, faultSchema } from './faults.js'
import type { JournalOptions } from './journal.js'
import { scriptedMcpServer } from './mcp/scripted-server-schema.js'
import type { EmulatorOptions } from './options.js'
import type { Failure } from './script.js'
import { defaultScript } from './script-library.js'
import { type ParsedScript, script, transcripts } from './script-schema.js'
import type { Phrase, Translate } from './translation-phrase.js'
import type { TranscribeTurn, Turn } from './turn.js'
import {
  anyText,
  callback,
  choose,
  integer,
  isPlainObject,
  list,
  namedValues,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  unbounded,
  validate,
  value,
} from './validation/schema.js'
import type { Voice } from './voices.js'

/** An option: the schema of its value, and what the command line prints about it. */
export interface OptionDefinition {
  readonly schema: OptionSchema<unknown>
  readonly help: string
  /** Placeholder of the value on the command line. Without it, the option is only available in files and in TypeScript. */
  readonly argument?: string
  /** How the command line reads the value. */
  readonly reads?: 'text' | 'number' | 'texts' | 'yaml' | 'yamls'
}

const isFunction = (input: unknown) => typeof input === 'function'
const texts = list(text)

/** The options of `createEmulator`. Files, the command line, and TypeScript use this table. */
export const emulatorOptions: { readonly [Name in keyof Required<EmulatorOptions>]: OptionDefinition } = {
  voice: {
    schema: oneOf(['echo', 'tone'], { allowed: 'a function', accepts: isFunction }),
    help: 'audio of the responses: echo repeats the audio of the user, tone generates a tone (default: echo)',
    argument: '<echo|tone>',
    reads: 'text',
  },
  script: {
    schema: script,
    help: 'output of the model, a JSON, YAML, or JavaScript file; can be repeated, with a name as <name>=<file>',
  },
  scripts: {
    schema: namedValues(script, 'an object with scripts by name'),
    help: 'more scripts, by name',
  },
  hear: {
    schema: choose('a list of text, or a function', (input) =>
      isFunction(input) ? callback('a function') : Array.isArray(input) ? transcripts : undefined,
    ),
    help: 'transcript of the next spoken turn; can be repeated',
    argument: '<text>',
    reads: 'texts',
  },
  translate: {
    schema: choose('an object with phrases and their translations, or a function', (input) =>
      isFunction(input) ? callback('a function') : isPlainObject(input) ? namedValues(anyText) : undefined,
    ),
    help: 'translations by phrase',
    argument: '<object>',
    reads: 'yaml',
  },
  dialect: {
    schema: oneOf(emulatedDialects),
    help: 'protocol of the server; minimal leaves out what some servers leave out (default: ga)',
    argument: '<name>',
    reads: 'text',
  },
  clock: {
    schema: value<Clock>(
      'a clock with now and after',
      (input) => typeof input === 'object' && input !== null && 'now' in input && 'after' in input,
    ),
    help: 'clock of all sessions',
  },
  pace: {
    schema: unbounded(0, 'excluded'),
    help: 'speed of the output relative to real time, or Infinity (default: 4)',
    argument: '<number>',
    reads: 'number',
  },
  latencyMs: {
    schema: unbounded(0, 'allowed', 'milliseconds'),
    help: 'time before the first output of a response (default: 100)',
    argument: '<ms>',
    reads: 'number',
  },
  jitterMs: {
    schema: unbounded(0, 'allowed', 'milliseconds'),
    help: 'maximum delay of each event to the client (default: 0)',
    argument: '<ms>',
    reads: 'number',
  },
  transcriptionLagMs: {
    schema: unbounded(0, 'allowed', 'milliseconds'),
    help: 'time from the first output to the first transcript delta of the turn (default: 50)',
    argument: '<ms>',
    reads: 'number',
  },
  sessionMinutes: {
    schema: unbounded(0, 'excluded', 'minutes'),
    help: 'maximum duration of a session (default: 60)',
    argument: '<minutes>',
    reads: 'number',
  },
  apiKey: {
    schema: text,
    help: 'the only API key to accept (default: any)',
    argument: '<key>',
    reads: 'text',
  },
  models: {
    schema: texts,
    help: 'a model that exists, instead of the known ones; can be repeated',
    argument: '<name>',
    reads: 'texts',
  },
  voices: {
    schema: texts,
    help: 'a voice that exists, instead of those of the service; can be repeated',
    argument: '<name>',
    reads: 'texts',
  },
  mcpServers: {
    schema: namedValues(scriptedMcpServer, 'an object with MCP servers by label'),
    help: 'scripted MCP servers by label, such as "{docs: {tools: [{name: search, output: Found.}]}}"',
    argument: '<object>',
    reads: 'yaml',
  },
  faults: {
    schema: list(faultSchema),
    help: 'fault of handshakes or sessions, such as "{fault: drop, afterMs: 500}"; can be repeated',
    argument: '<object>',
    reads: 'yamls',
  },
  journal: {
    schema: object({ maxEntries: optional(integer(0)), audio: optional(oneOf(['lengths', 'full'])) }),
    help: 'what the journal of a session keeps, such as "{maxEntries: 500, audio: full}"',
    argument: '<object>',
    reads: 'yaml',
  },
}

/** The validated options of an emulator, without defaults. */
export interface ParsedOptions
  extends Pick<
    EmulatorOptions,
    | 'clock'
    | 'dialect'
    | 'pace'
    | 'latencyMs'
    | 'jitterMs'
    | 'transcriptionLagMs'
    | 'sessionMinutes'
    | 'apiKey'
    | 'models'
    | 'voices'
    | 'mcpServers'
  > {
  readonly voice?: Voice<Turn | Phrase>
  readonly script?: ParsedScript
  readonly scripts?: Readonly<Record<string, ParsedScript>>
  readonly hear?: TranscribeTurn | readonly (string | Failure)[]
  readonly translate?: Translate | Readonly<Record<string, string>>
  readonly faults?: readonly Fault[]
  readonly journal?: JournalOptions
}

/** The schema of all options of an emulator. */
export const emulatorOptionsSchema = object<ParsedOptions>(
  Object.fromEntries(Object.entries(emulatorOptions).map(([name, { schema }]) => [name, optional(schema)])),
  'an object with options',
)

/**
 * Validates the options of an emulator.
 * @throws {EmulatorError} `INVALID_OPTION`.
 */
export function parseOptions(options: EmulatorOptions): ParsedOptions {
  const parsed = validate(emulatorOptionsSchema, options)
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  if (parsed.value.script && parsed.value.scripts?.[defaultScript]) {
    throw new EmulatorError('INVALID_OPTION', {
      option: `scripts.${defaultScript}`,
      found: 'set beside script',
      allowed: 'one of them, because both are the default script',
    })
  }
  return parsed.value
}
