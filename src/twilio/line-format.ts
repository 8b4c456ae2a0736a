import type { SessionState } from '../session/state/state.js'
import { TwilioError } from './error.js'
import type { TwilioStartMessage } from './messages.js'

/** What a telephone line carries. */
export const lineFormat = { type: 'audio/pcmu' } as const

/** What keeps a session's sound from a line, as the server itself reports its formats; undefined when nothing does. */
export function formatMismatch(session: SessionState['session']): TwilioError<'FORMAT_MISMATCH'> | undefined {
  for (const direction of ['input', 'output'] as const) {
    const reported = session?.type === 'realtime' ? session.audio?.[direction]?.format?.type : undefined
    if (reported !== lineFormat.type) return new TwilioError('FORMAT_MISMATCH', { direction, reported })
  }
  return undefined
}

/** Whether a response was asked for in a format of its own, which the line cannot carry. */
export function isForeign(state: SessionState, responseId: string): boolean {
  const format = state.responses.byId[responseId]?.response.audio?.output?.format?.type
  return format !== undefined && format !== lineFormat.type
}

/** Whether a caller who begins to speak ends an answer. */
export function mayInterrupt({ session }: SessionState): boolean {
  const detection = session?.audio?.input?.turn_detection
  return !(detection && 'interrupt_response' in detection && detection.interrupt_response === false)
}

/** What is wrong with the line itself, as far as the provider tells; undefined when nothing is. */
export function lineProblem({ start }: TwilioStartMessage): TwilioError<'UNSUPPORTED_LINE'> | undefined {
  if (!start.mediaFormat) return undefined
  const { encoding, sampleRate } = start.mediaFormat
  const isMuLaw = /^(audio\/x-mulaw|pcmu)$/i.test(encoding) && (sampleRate ?? 8000) === 8000
  return isMuLaw ? undefined : new TwilioError('UNSUPPORTED_LINE', { encoding, sampleRate: sampleRate ?? undefined })
}
