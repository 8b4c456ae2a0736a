import type { IncomingHttpHeaders } from 'node:http'
import type { EmulatedDialect } from '../emulator/dialects/emulated-dialect.js'
import { emulatedDialects } from '../emulator/dialects/serve-dialect.js'
import { EmulatorError } from '../emulator/error.js'
import type { OptionDefinition } from '../emulator/option-schemas.js'
import {
  callback,
  choose,
  flag,
  integer,
  isPlainObject,
  list,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  validate,
  value,
} from '../emulator/validation/schema.js'
import type { AllowedOrigins } from './cross-origin.js'
import type { UpgradeRefusal } from './upgrade-refusal.js'

/** Options of `serve`. All of them are optional. */
export interface ServeOptions {
  /** @defaultValue a free port */
  readonly port?: number
  /**
   * Address to listen on. With another one than the default, other machines can reach the emulator.
   * @defaultValue '127.0.0.1'
   */
  readonly host?: string
  /**
   * Certificate for `wss:` and `https:`, or `true` to create one for localhost. Plain connections are accepted on the same port.
   * @defaultValue plain connections only
   */
  readonly tls?: true | { readonly key: string; readonly cert: string }
  /**
   * Origins of pages that may use the server, in addition to those of this machine: a list, or `'*'` for all.
   * @defaultValue []
   */
  readonly allowOrigin?: AllowedOrigins
  /**
   * The dialect that WebSocket clients use. `beta` serves clients that were written for the beta of the Realtime API.
   * @defaultValue the dialect of the emulator
   */
  readonly dialect?: EmulatedDialect
  /**
   * Called for each upgrade before it is accepted. A returned refusal rejects the upgrade with an HTTP status, as a failing gateway does. When
   * it throws, rejects, or returns what cannot be sent, the upgrade is rejected with status 500.
   */
  readonly refuseUpgrade?: (upgrade: Upgrade) => UpgradeRefusal | undefined | Promise<UpgradeRefusal | undefined>
  /**
   * What the server closes first when it ends a WebRTC call. `data-channel` closes the channel and then the peer connection.
   * `peer-connection` aborts the channel: browsers report an `error` of the data channel with `sctpCauseCode` 12 before its `close`.
   * @defaultValue 'data-channel'
   */
  readonly hangUpBy?: 'data-channel' | 'peer-connection'
}

/** A WebSocket handshake of a client. */
export interface Upgrade {
  /** Number of earlier handshakes. */
  readonly attempt: number
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

const isOrigin = (input: unknown) =>
  typeof input === 'string' && (input === 'null' || (URL.canParse(input) && new URL(input).origin === input))

const origin = value<string>('an origin such as https://app.example.com', isOrigin)
const anyOrigin = oneOf(['*'])

/** The options of `serve`. Files, the command line, and TypeScript use this table. */
export const serveOptions: { readonly [Name in keyof Required<ServeOptions>]: OptionDefinition } = {
  port: {
    schema: integer(0, 65_535),
    help: 'port to listen on (default: a free port)',
    argument: '<number>',
    reads: 'number',
  },
  host: {
    schema: text,
    help: 'address to listen on; with another one, other machines can connect (default: 127.0.0.1)',
    argument: '<address>',
    reads: 'text',
  },
  tls: {
    schema: choose('true, or an object with key and cert', (input) =>
      isPlainObject(input) ? object({ key: text, cert: text }) : typeof input === 'boolean' ? flag : undefined,
    ),
    help: 'accept wss: and https: too, with a certificate that is created now; openai for Node.js needs it',
  },
  allowOrigin: {
    schema: choose('"*", or a list of origins', (input) =>
      Array.isArray(input) ? list(origin) : typeof input === 'string' ? anyOrigin : undefined,
    ),
    help: 'accept pages of another origin than this machine; can be repeated, * accepts all',
    argument: '<origin>',
    reads: 'texts',
  },
  dialect: {
    schema: oneOf(emulatedDialects),
    help: 'protocol of WebSocket clients',
  },
  refuseUpgrade: { schema: callback('a function'), help: 'decides about each handshake' },
  hangUpBy: {
    schema: oneOf(['data-channel', 'peer-connection']),
    help: 'what the server closes first when it ends a WebRTC call (default: data-channel)',
    argument: '<data-channel|peer-connection>',
    reads: 'text',
  },
}

const serveOptionsSchema: OptionSchema<ServeOptions> = object(
  Object.fromEntries(Object.entries(serveOptions).map(([name, { schema }]) => [name, optional(schema)])),
  'an object with options',
)

/**
 * Validates the options of a server.
 * @throws {EmulatorError} `INVALID_OPTION`.
 */
export function parseServeOptions(options: ServeOptions): ServeOptions {
  const parsed = validate(serveOptionsSchema, options)
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  return parsed.value
}
