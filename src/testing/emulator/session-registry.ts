import { createEmitter } from '../../internal/emitter.js'
import {
  type ControlledSession,
  type ControlledSessionOptions,
  createControlledSession,
  type EmulatorSession,
} from './controlled-session.js'
import { type JournalEntry, type JournalFilter, matchesFilter } from './journal.js'
import type { Refusal } from './refusals.js'

/** What happens in an emulator, for logs. */
export interface EmulatorActivity {
  /** A session has started. */
  opened: EmulatorSession
  /** A session has ended. */
  closed: EmulatorSession
  /** A session has received or sent an event. */
  event: JournalEntry
  /** A connection was rejected. */
  rejected: { readonly refusal: Refusal; readonly testId: string | undefined }
}

/** The sessions of an emulator: open ones, and the last ones that were closed. */
export interface SessionRegistry {
  readonly sessions: readonly EmulatorSession[]
  /** Adds a session that starts. */
  open(options: Omit<ControlledSessionOptions, 'nextSeq' | 'onEntry'>): ControlledSession
  /** Returns the entries of all sessions, in order. */
  journal(filter?: JournalFilter): readonly JournalEntry[]
  reject(refusal: Refusal, testId: string | undefined): void
  /** Removes the sessions of a test, or all. Open ones are no longer listed. */
  remove(testId?: string): void
  on<Type extends keyof EmulatorActivity>(type: Type, listener: (activity: EmulatorActivity[Type]) => void): () => void
}

const maxClosed = 100

export function createSessionRegistry(): SessionRegistry {
  const emitter = createEmitter<EmulatorActivity>()
  let sessions: EmulatorSession[] = []
  let seq = 0

  function forgetOldestClosed(): void {
    const closed = sessions.filter(({ state }) => state === 'closed')
    const oldest = closed[closed.length - maxClosed - 1]
    if (oldest) sessions = sessions.filter((session) => session !== oldest)
  }

  return {
    get sessions() {
      return [...sessions]
    },
    open(options) {
      const controlled = createControlledSession({
        ...options,
        nextSeq: () => ++seq,
        onEntry: (entry) => emitter.emit('event', entry),
      })
      const { session, end } = controlled
      sessions.push(session)
      emitter.emit('opened', session)
      return {
        ...controlled,
        end(closed) {
          if (session.state === 'closed') return
          end(closed)
          emitter.emit('closed', session)
          forgetOldestClosed()
        },
      }
    },
    journal(filter = {}) {
      return sessions
        .filter(({ id }) => filter.sessionId === undefined || filter.sessionId === id)
        .flatMap(({ journal }) => journal.filter((entry) => matchesFilter(entry, filter)))
        .sort((one, other) => one.seq - other.seq)
    },
    reject: (refusal, testId) => emitter.emit('rejected', { refusal, testId }),
    remove(testId) {
      sessions = sessions.filter((session) => testId !== undefined && session.testId !== testId)
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
