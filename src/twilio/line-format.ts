import type { SessionState } from '../session/state/state.js'
import { TwilioError } from './error.js'
import type { TwilioStartMessage } from './messages.js'

/** What a telephone line carries, 8 bytes a millisecond. */
export interface LineFormat {
  /** The format of the session's input and output. */
  readonly type: 'audio/pcmu' | 'audio/pcma'
  /** The byte of a sample of silence. */
  readonly silence: number
}

/** Mu-law, which lines carry unless their `start` message specifies A-law. */
export const muLaw: LineFormat = { type: 'audio/pcmu', silence: 0xff }
const aLaw: LineFormat = { type: 'audio/pcma', silence: 0xd5 }

/** Returns why a session's audio does not fit a line, by the formats that the server reports; undefined when it fits. */
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

/** Whether a response was requested in a format of its own, which the line cannot carry. */
export function isForeign(state: SessionState, responseId: string, { type: line }: LineFormat): boolean {
  const format = state.responses.byId[responseId]?.response.audio?.output?.format?.type
  return format !== undefined && format !== line
}

/** Whether a caller who starts to speak interrupts a response. */
export function mayInterrupt({ session }: SessionState): boolean {
  const detection = session?.audio?.input?.turn_detection
  return !(detection && 'interrupt_response' in detection && detection.interrupt_response === false)
}

/** Returns the format of a line by its `start` message, mu-law when it does not specify one, or why it is not supported. */
export function lineFormatOf({ start }: TwilioStartMessage): LineFormat | TwilioError<'UNSUPPORTED_LINE'> {
  if (!start.mediaFormat) return muLaw
  const { encoding, sampleRate } = start.mediaFormat
  if ((sampleRate ?? 8000) === 8000) {
    if (/^(audio\/(x-mulaw|pcmu)|pcmu)$/i.test(encoding)) return muLaw
    if (/^(audio\/(x-alaw|pcma)|pcma)$/i.test(encoding)) return aLaw
  }
  return new TwilioError('UNSUPPORTED_LINE', { encoding, sampleRate: sampleRate ?? undefined })
}
