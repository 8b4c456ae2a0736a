import { checker } from '../protocol/check.js'
import type { Check, Problem } from '../protocol/rule.js'
import { type JsonObject, type TwilioDialect, twilio } from './dialect.js'
import { TwilioError } from './error.js'
import {
  maxPayloadLength,
  type TwilioMediaMessage,
  type TwilioMessage,
  twilioMessageSchemas,
  type UnknownTwilioMessage,
} from './messages.js'

/** Result of {@link readTwilioMessage}. */
export type ReadTwilioMessage =
  | { readonly kind: 'message'; readonly message: TwilioMessage }
  | { readonly kind: 'unknown'; readonly message: UnknownTwilioMessage }
  | { readonly kind: 'invalid'; readonly error: TwilioError<'INVALID_MESSAGE'> }

/**
 * Parses and validates a message of a media stream. Never throws. The error contains no values of the message.
 * @param dialect message format of the provider, Twilio's by default
 *
 * @example
 * ```ts
 * const read = readTwilioMessage(data)
 * if (read.kind === 'message' && read.message.event === 'start') console.log(read.message.start.callSid)
 * ```
 */
export function readTwilioMessage(data: unknown, dialect: TwilioDialect = twilio): ReadTwilioMessage {
  if (typeof data !== 'string') return invalid(undefined, { path: [], expected: 'text', found: 'binary' })
  const media = dialect === twilio ? readUsualMedia(data) : undefined
  if (media) return { kind: 'message', message: media }
  const message = parse(data, dialect)
  if (message === undefined) return invalid(undefined, { path: [], expected: 'a JSON object', found: 'something else' })
  const { event } = message
  if (typeof event !== 'string')
    return invalid(undefined, { path: ['event'], expected: 'a string', found: `a value of type ${typeof event}` })
  if (!isKnown(event)) return { kind: 'unknown', message: message as UnknownTwilioMessage }
  const problem = checks[event](message)
  return problem ? invalid(event, problem) : { kind: 'message', message: message as unknown as TwilioMessage }
}

/** Audio as Twilio writes it: the order of the fields is that of its documentation, and no field needs escaping. */
const usualMedia =
  /^\{"event":"media","sequenceNumber":"(\d+)","media":\{"track":"(\w+)","chunk":"(\d+)","timestamp":"(\d+)","payload":"([A-Za-z0-9+/]*={0,2})"\},"streamSid":"(\w+)"\}$/

/**
 * Reads a message of audio, or returns `undefined` for one that is written in another way. Each call receives 50 of them a second, and to parse JSON
 * and check the result takes several times as long.
 */
function readUsualMedia(text: string): TwilioMediaMessage | undefined {
  const found = usualMedia.exec(text)
  if (!found) return undefined
  const [, sequenceNumber, track, chunk, timestamp, payload = '', streamSid = ''] = found
  // Base64 consists of groups of four characters.
  if (payload.length > maxPayloadLength || payload.length % 4 !== 0) return undefined
  return { event: 'media', sequenceNumber, media: { track, chunk, timestamp, payload }, streamSid }
}

type KnownEvent = keyof typeof twilioMessageSchemas

const checks = /* @__PURE__ */ Object.fromEntries(
  Object.entries(twilioMessageSchemas).map(([event, schema]) => [event, checker(schema)]),
) as Record<KnownEvent, Check>

function isKnown(event: string): event is KnownEvent {
  return Object.hasOwn(checks, event)
}

function parse(text: string, { fromProvider }: TwilioDialect): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? fromProvider(value as JsonObject) : undefined
  } catch {
    // The engine's error quotes the text. An error of a dialect must not end the call.
    return undefined
  }
}

function invalid(event: string | undefined, { path, expected, found }: Problem): ReadTwilioMessage {
  // Names of custom parameters come from the caller's side and must not appear in errors.
  const names = path.map((key, index) => (path[index - 1] === 'customParameters' ? '*' : String(key)))
  return {
    kind: 'invalid',
    error: new TwilioError('INVALID_MESSAGE', { event, path: names.join('.'), expected, found }),
  }
}
