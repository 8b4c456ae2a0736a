import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { SessionError } from '../error.js'
import type { SessionClose } from '../options.js'

/** What the server last said was wrong, as long as it may be why a session ends. */
export interface LastError {
  note(event: ServerErrorEvent): void
  /** The server goes on: it does not end the session for what it said before, unless that was its time limit. */
  goOn(): void
  clear(): void
  /** It as an error, if there is one. */
  refusal(): SessionError | undefined
  /** Why a session ended so, if the server said why. */
  endOf(close: Omit<SessionClose, 'error'>): SessionError | undefined
}

export function createLastError(): LastError {
  let last: ServerErrorEvent['error'] | undefined
  const isExpiry = () => last?.code === 'session_expired'
  const refusal = () => last && new SessionError('SERVER_ERROR', { error: last, eventType: undefined })
  return {
    note({ error }) {
      last = error
    },
    goOn() {
      if (!isExpiry()) last = undefined
    },
    clear() {
      last = undefined
    },
    refusal,
    endOf({ code, initiator, wasClean }) {
      if (initiator === 'client') return undefined
      if (isExpiry()) return new SessionError('EXPIRED', { code })
      return wasClean ? undefined : refusal()
    },
  }
}
