import type { SessionState } from '../session/state/state.js'
import { TwilioError } from './error.js'
import type { TwilioStartMessage } from './messages.js'

/** Audio format of a telephone line. 8 bytes per millisecond. */
export interface LineFormat {
  /** Format for the session's input and output. */
  readonly type: 'audio/pcmu' | 'audio/pcma'
  /** Byte of a silent sample. */
  readonly silence: number
}

/** Mu-law: the format unless the `start` message specifies A-law. */
export const muLaw: LineFormat = { type: 'audio/pcmu', silence: 0xff }
const aLaw: LineFormat = { type: 'audio/pcma', silence: 0xd5 }

/** Returns an error if a format that the server reports differs from the format of the line. */
export function formatMismatch(
  session: SessionState['session'],
  { type: line }: LineFormat,
): TwilioError<'FORMAT_MISMATCH'> | undefined {
  for (const direction of ['input', 'output'] as const) {
    const reported = session?.type === 'realtime' ? session.audio?.[direction]?.format?.type : undefined
    if (reported !== line) return new TwilioError('FORMAT_MISMATCH', { direction, reported, line })
  }
  return undefined
}

/** Returns whether a response was requested in a format that differs from the format of the line. */
export function isForeign(state: SessionState, responseId: string, { type: line }: LineFormat): boolean {
  const format = state.responses.byId[responseId]?.response.audio?.output?.format?.type
  return format !== undefined && format !== line
}

/** Returns the format that the `start` message specifies, mu-law by default, or an error if it is not supported. */
export function lineFormatOf({ start }: TwilioStartMessage): LineFormat | TwilioError<'UNSUPPORTED_LINE'> {
  if (!start.mediaFormat) return muLaw
  const { encoding, sampleRate } = start.mediaFormat
  if ((sampleRate ?? 8000) === 8000) {
    if (/^(audio\/(x-mulaw|pcmu)|pcmu)$/i.test(encoding)) return muLaw
    if (/^(audio\/(x-alaw|pcma)|pcma)$/i.test(encoding)) return aLaw
  }
  return new TwilioError('UNSUPPORTED_LINE', { encoding, sampleRate: sampleRate ?? undefined })
}
