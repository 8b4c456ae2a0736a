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
import type { ServeOptions } from './serve.js'

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
    schema: oneOf(['ga', 'beta']),
    help: 'protocol of WebSocket clients; beta serves clients of the beta protocol (default: ga)',
    argument: '<ga|beta>',
    reads: 'text',
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
