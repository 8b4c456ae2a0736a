import type { InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import { ProtocolError } from '../../protocol/error.js'

const betaHint =
  'this is the shape of the beta, so pass dialect: beta of realtime-primitives/dialects, or wrap the transport with fromBeta() of realtime-primitives/migrate'

/** Settings at the top level of a beta session. In GA they are under `audio` or have another name. */
const betaSettings = ['modalities', 'input_audio_format', 'output_audio_format', 'input_audio_transcription']

/** Returns the fields of an invalid event as far as they can be read. They may have any shape. */
export function readUnusable({ frame }: InvalidEvent): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(frame)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Returns why an event cannot be used. The error of an event in the shape of the beta suggests `fromBeta`. */
export function reasonOf(error: ProtocolError, { session }: Readonly<Record<string, unknown>>): ProtocolError {
  const isBeta =
    'path' in error.data &&
    typeof session === 'object' &&
    session !== null &&
    betaSettings.some((name) => Object.hasOwn(session, name))
  return isBeta ? new ProtocolError('INVALID_EVENT', { ...error.data, hint: betaHint } as BadEvent) : error
}

type BadEvent = ProtocolError<'INVALID_EVENT'>['data']

/**
 * Returns the GA event type of the first event of a beta transcription session, and why the event cannot be used. Returns `undefined` for
 * every other unknown event.
 */
export function betaStart({
  type,
}: UnknownEvent): { readonly type: string; readonly error: ProtocolError } | undefined {
  const [, name] = /^transcription_session\.(created|updated)$/.exec(type) ?? []
  if (name === undefined) return undefined
  const expected = `session.${name}`
  const error = new ProtocolError('INVALID_EVENT', {
    type: undefined,
    direction: 'server',
    path: 'type',
    expected: `"${expected}"`,
    found: `"transcription_session.${name}"`,
    hint: betaHint,
  })
  return { type: expected, error }
}
