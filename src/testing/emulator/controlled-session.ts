import type { Clock } from '../../internal/clock.js'
import { createId } from '../../internal/id.js'
import type { Transport } from '../../transports/transport.js'
import { EmulatorError } from './error.js'
import { type ErrorFault, parseFault, type SessionFault } from './faults.js'
import { createJournal, type JournalEntry, type JournalEvent, journalEventOf } from './journal.js'
import { refusals } from './refusals.js'
import type { SessionWire } from './session-wire.js'
import { text, validate, withKeys } from './validation/schema.js'

/** How a connection ended, as the emulator saw it. */
export interface SessionClosed {
  readonly code: number
  readonly reason: string
}

/** A session of the emulator, open or closed. A test controls it and reads what it received and sent. */
export interface EmulatorSession {
  /** Identifier of the session, as in `session.created`. */
  readonly id: string
  readonly type: 'realtime' | 'transcription' | 'translation'
  /** Model of the session. Empty for transcription sessions. */
  readonly model: string
  /** The test that the session belongs to, if the client named one. */
  readonly testId: string | undefined
  /** Name of the script that the session uses. */
  readonly script: string
  /** Identifier of the call, if the audio of the session uses media tracks. */
  readonly callId: string | undefined
  readonly state: 'open' | 'stalled' | 'closed'
  /** How the connection ended. `undefined` while it is open. */
  readonly closed: SessionClosed | undefined
  /** What the session received and sent, in order. */
  readonly journal: readonly JournalEntry[]
  /** Number of events that are no longer in the journal, because there were too many. */
  readonly removedEntries: number
  /** The events that the client sent, in order. */
  readonly received: readonly JournalEvent[]
  /** The events that the client was sent, in order. */
  readonly sent: readonly JournalEvent[]
  /**
   * Ends the connection without a close frame, as a broken network does. With a code, closes it with that code.
   * @throws {EmulatorError} `SESSION_CLOSED`, as all methods.
   */
  drop(close?: { readonly code?: number; readonly reason?: string }): void
  /** Delivers nothing in either direction for `ms` milliseconds, or until `resume()`. What is sent meanwhile is delivered afterwards. */
  stall(ms?: number): void
  /** Ends a stall. */
  resume(): void
  /**
   * Sends an event to the client. It can be of any type and shape, and gets an `event_id` if it has none.
   * @throws {EmulatorError} `INVALID_OPTION` when it is not an object with a `type`.
   */
  emit(event: { readonly type: string; readonly [field: string]: unknown }): void
  /** Sends an `error` event. */
  fail(error?: Omit<ErrorFault, 'fault' | 'testId' | 'afterEvent' | 'afterMs' | 'times'>): void
  /** Expires the session: sends the error `session_expired` and closes the connection with code 1001. */
  expire(): void
  /** Causes a fault, at once or after its `afterEvent` and `afterMs`. */
  inject(fault: SessionFault): void
}

/** The session, with what the emulator itself needs. */
export interface ControlledSession {
  readonly session: EmulatorSession
  /** Records the end of the connection and cancels pending faults. */
  end(closed: SessionClosed): void
}

/** Options of {@link createControlledSession}. */
export interface ControlledSessionOptions extends Pick<EmulatorSession, 'id' | 'type' | 'model' | 'testId' | 'callId'> {
  readonly wire: SessionWire
  readonly clock: Clock
  readonly scriptName: () => string
  /** Maximum duration of the session, which `expire` reports. */
  readonly sessionMinutes: number
  /** The clients that joined the call, which receive emitted events too. */
  readonly joinedClients: () => readonly Transport[]
  readonly maxEntries: number
  readonly audio: 'lengths' | 'full'
  /** Returns the number of the next journal entry. */
  readonly nextSeq: () => number
  readonly onEntry: (entry: JournalEntry) => void
}

const eventSchema = withKeys<{ type: string }>({ type: text })
const maxReason = 120
const refuseHasNoSession = {
  option: 'fault',
  found: '"refuse"',
  allowed: 'a fault of a session; emulator.inject() refuses handshakes',
}

/** Creates the session that a test controls, beside the one that handles events. */
export function createControlledSession(options: ControlledSessionOptions): ControlledSession {
  const { id, testId, wire, clock } = options
  const startedAt = clock.now()
  const journal = createJournal(options.maxEntries)
  const watchers = new Set<(type: string) => void>()
  const timers = new Set<() => void>()
  let closed: SessionClosed | undefined

  wire.onFrame = (from, frame) => {
    const entry: JournalEntry = {
      seq: options.nextSeq(),
      sessionId: id,
      ...(testId === undefined ? {} : { testId }),
      ms: clock.now() - startedAt,
      from,
      event: journalEventOf(frame, options.audio),
    }
    journal.add(entry)
    options.onEntry(entry)
    for (const watch of [...watchers]) watch(entry.event.type)
  }

  function checkOpen(): void {
    if (closed) throw new EmulatorError('SESSION_CLOSED', { sessionId: id })
  }

  function send({ type, ...rest }: { readonly type: string }): void {
    const frame = JSON.stringify({ type, event_id: createId('event'), ...rest })
    for (const client of [wire.transport, ...options.joinedClients()]) if (client.state === 'open') client.send(frame)
  }

  function after(ms: number, callback: () => void): void {
    if (ms === Number.POSITIVE_INFINITY) return
    const cancel = clock.after(ms, () => {
      timers.delete(cancel)
      callback()
    })
    timers.add(cancel)
  }

  function sendError({ type, code, message, param, eventId }: Omit<ErrorFault, 'fault'>): void {
    const { message: defaultMessage } = refusals.internal()
    const error = {
      type: type ?? 'server_error',
      code: code ?? null,
      message: message ?? defaultMessage,
      param: param ?? null,
      event_id: eventId ?? null,
    }
    send({ type: 'error', error } as { readonly type: string })
  }

  /** Causes a fault at once, unless the session has ended. */
  function strike(fault: SessionFault): void {
    if (closed) return
    switch (fault.fault) {
      case 'drop': {
        const { code, reason = '' } = fault
        wire.cut(code === undefined ? undefined : { code, reason: reason.slice(0, maxReason) })
        break
      }
      case 'stall':
        wire.stall()
        after(fault.ms ?? Number.POSITIVE_INFINITY, wire.resume)
        break
      case 'resume':
        wire.resume()
        break
      case 'error':
        sendError(fault)
        break
      case 'expire': {
        const expired = refusals.sessionExpired(Math.round(options.sessionMinutes))
        sendError(expired)
        void wire.transport.close(1001, expired.message)
        break
      }
      case 'unknown_event':
        send({ type: fault.type ?? 'emulator.unknown_event' })
    }
  }

  const session: EmulatorSession = {
    id,
    type: options.type,
    model: options.model,
    testId,
    callId: options.callId,
    get script() {
      return options.scriptName()
    },
    get state() {
      return closed ? 'closed' : wire.isStalled ? 'stalled' : 'open'
    },
    get closed() {
      return closed
    },
    get journal() {
      return [...journal.entries]
    },
    get removedEntries() {
      return journal.removed
    },
    get received() {
      return journal.entries.filter(({ from }) => from === 'client').map(({ event }) => event)
    },
    get sent() {
      return journal.entries.filter(({ from }) => from === 'server').map(({ event }) => event)
    },
    drop: (close = {}) => session.inject({ fault: 'drop', ...close }),
    stall: (ms) => session.inject({ fault: 'stall', ...(ms === undefined ? {} : { ms }) }),
    resume: () => wire.resume(),
    emit(event) {
      const checked = validate(eventSchema, event, 'event')
      if ('problem' in checked) throw new EmulatorError('INVALID_OPTION', checked.problem)
      checkOpen()
      send(event)
    },
    fail: (error = {}) => session.inject({ fault: 'error', ...error }),
    expire: () => session.inject({ fault: 'expire' }),
    inject(unchecked) {
      const fault = parseFault(unchecked)
      if (fault.fault === 'refuse') throw new EmulatorError('INVALID_OPTION', refuseHasNoSession)
      checkOpen()
      const { afterEvent, afterMs = 0 } = fault
      const strikeLater = () => {
        if (afterMs === 0) strike(fault)
        else after(afterMs, () => strike(fault))
      }
      if (afterEvent === undefined) return strikeLater()
      const watch = (type: string) => {
        if (type !== afterEvent) return
        watchers.delete(watch)
        strikeLater()
      }
      watchers.add(watch)
    },
  }

  return {
    session,
    end(how) {
      if (closed) return
      closed = how
      for (const cancel of timers) cancel()
      timers.clear()
      watchers.clear()
    },
  }
}
