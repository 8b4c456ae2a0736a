import type { Clock } from '../../internal/clock.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import type { Transport } from '../../transports/transport.js'
import { type ConnectRequest, type RejectedConnection, testIdOf } from './authentication.js'
import type { ControlledSession, EmulatorSession } from './controlled-session.js'
import { createJitter, type EmulatorSettings } from './emulator-settings.js'
import { EmulatorError } from './error.js'
import { createArmedFaults, type Fault, parseFault, type RefuseFault } from './faults.js'
import type { JournalEntry, JournalFilter } from './journal.js'
import { refusals } from './refusals.js'
import type { Script, ScriptWithTranscripts } from './script.js'
import { createScriptLibrary, defaultScript, type ScriptReader, type ScriptSelection } from './script-library.js'
import { createSessionRegistry, type EmulatorActivity } from './session-registry.js'
import { createSessionWire, type SessionWire } from './session-wire.js'
import type { Turn } from './turn.js'

/** Selects the sessions of a fault. */
export interface FaultTarget {
  /** Only this session. */
  readonly sessionId?: string
  /**
   * `open` for the sessions that are open, `next` for those that start later.
   * @defaultValue 'open'
   */
  readonly to?: 'open' | 'next'
}

/** Selects the sessions of a test. */
export interface TestTarget {
  readonly testId?: string
}

/** The scripts of an emulator, by name. Changes apply to the next response of each session. */
export interface EmulatorScripts {
  readonly names: readonly string[]
  /**
   * Adds or replaces a script, which starts from its beginning.
   * @throws {EmulatorError} `INVALID_OPTION`.
   */
  set(name: string, script: Script<Turn> | ScriptWithTranscripts<Turn>): void
  /** Removes a script. Returns `false` when there is none. */
  delete(name: string): boolean
}

/** How a test controls an emulator while it runs. The HTTP routes below `/_emulator` call these methods. */
export interface EmulatorControl {
  /** The open sessions and the last 100 closed ones, in the order in which they started. */
  readonly sessions: readonly EmulatorSession[]
  /** Returns what the sessions have received and sent, in order. */
  journal(filter?: JournalFilter): readonly JournalEntry[]
  /**
   * Causes a fault in all open sessions, or in those that `target` and `fault.testId` select. A `refuse` rejects the next handshakes.
   * @returns The sessions that it applies to. Empty for `refuse` and for `to: 'next'`.
   * @throws {EmulatorError} `INVALID_OPTION`, or `UNKNOWN_SESSION` or `SESSION_CLOSED` for the session of `target`.
   */
  inject(fault: Fault, target?: FaultTarget): readonly EmulatorSession[]
  /**
   * Ends the connections of all open sessions, or of those of a test, without a close frame. Clients report close code 1006.
   * @returns The sessions that it applies to.
   */
  drop(target?: TestTarget): readonly EmulatorSession[]
  /**
   * Sends an event to all open sessions, or to those of a test. It gets an `event_id` if it has none.
   * @returns The sessions that it applies to.
   */
  emit(
    event: { readonly type: string; readonly [field: string]: unknown },
    target?: TestTarget,
  ): readonly EmulatorSession[]
  /** The scripts by name. */
  readonly scripts: EmulatorScripts
  /**
   * Closes all sessions, removes their journals and pending faults, and restores the scripts and faults of the options. With a test, only
   * what belongs to it.
   */
  reset(testId?: string): void
  /** Subscribes to what happens, for logs. Returns an unsubscribe function. */
  on<Type extends keyof EmulatorActivity>(type: Type, listener: (activity: EmulatorActivity[Type]) => void): () => void
  /** Returns the refusal of the next handshake, and counts it. `serve` and the transports of `connect` call it. */
  takeRefusal(request: Pick<ConnectRequest, 'testId' | 'apiKey'>): RefuseFault | undefined
}

/** The parts of a request that select the test and the script. */
export type SelectionRequest = Pick<ConnectRequest, 'testId' | 'script' | 'apiKey'>

/** The test and the script of a connection. */
export interface SelectedScript {
  readonly testId: string | undefined
  readonly reader: ScriptReader
}

/** The control of an emulator, with what the emulator itself needs. */
export interface EmulatorController {
  readonly control: EmulatorControl
  /** Replaces the scripts and pending faults by those of the settings. */
  applySettings(): void
  /** Saves the test and the script of the request that minted a client secret, for the connections that use it. */
  recordSecret(value: string, request: SelectionRequest): void
  /** Returns the script of a connection, or why it is rejected. */
  selectScript(request: ConnectRequest): SelectedScript | RejectedConnection
  createWire(transport: Transport): SessionWire
  /** Adds a session that starts, and arms its faults. */
  register(
    wire: SessionWire,
    resource: {
      readonly id: string
      readonly type: EmulatorSession['type']
      readonly model?: string | null | undefined
    },
    selected: SelectedScript & {
      readonly callId: string | undefined
      readonly joinedClients: () => readonly Transport[]
    },
  ): ControlledSession
  /** Reports a rejected connection. */
  recordRejection(rejected: RejectedConnection, request: ConnectRequest): void
}

const maxSecrets = 10_000

/**
 * @param settings - Returns the current settings.
 * @param closeSession - Closes a session at once.
 */
export function createEmulatorController(
  settings: () => EmulatorSettings,
  clock: Clock,
  closeSession: (sessionId: string) => void,
): EmulatorController {
  const scripts = createScriptLibrary()
  const registry = createSessionRegistry()
  const armed = createArmedFaults()
  const nextDelayMs = createJitter(() => settings().jitterMs)
  /** What the requests that minted client secrets selected, by client secret. */
  const bySecret = new Map<string, ScriptSelection>()

  function selectionOf(request: SelectionRequest): ScriptSelection {
    const minted = request.apiKey === undefined ? undefined : bySecret.get(request.apiKey)
    return { script: request.script ?? minted?.script, testId: testIdOf(request) ?? minted?.testId }
  }

  function openSessions(testId: string | undefined): readonly EmulatorSession[] {
    return registry.sessions.filter(
      (session) => session.state !== 'closed' && (testId === undefined || session.testId === testId),
    )
  }

  function sessionOf(sessionId: string): EmulatorSession {
    const session = registry.sessions.find(({ id }) => id === sessionId)
    if (!session) throw new EmulatorError('UNKNOWN_SESSION', { sessionId })
    if (session.state === 'closed') throw new EmulatorError('SESSION_CLOSED', { sessionId })
    return session
  }

  const control: EmulatorControl = {
    get sessions() {
      return registry.sessions
    },
    journal: registry.journal,
    inject(unchecked, { sessionId, to = 'open' } = {}) {
      const fault = parseFault(unchecked)
      if (fault.fault === 'refuse' || to === 'next') {
        armed.add(fault)
        return []
      }
      const targets = sessionId === undefined ? openSessions(fault.testId) : [sessionOf(sessionId)]
      for (const session of targets) session.inject(fault)
      return targets
    },
    drop: ({ testId } = {}) => control.inject({ fault: 'drop', ...(testId === undefined ? {} : { testId }) }),
    emit(event, { testId } = {}) {
      const targets = openSessions(testId)
      for (const session of targets) session.emit(event)
      return targets
    },
    scripts: {
      get names() {
        return scripts.names
      },
      set: scripts.set,
      delete: scripts.delete,
    },
    reset(testId) {
      for (const { id } of openSessions(testId)) closeSession(id)
      registry.remove(testId)
      armed.reset(settings().faults, testId)
      scripts.reset(testId)
    },
    on: registry.on,
    takeRefusal: (request) => armed.takeRefusal(selectionOf(request).testId),
  }

  return {
    control,
    applySettings() {
      scripts.replaceAll(settings().scripts, settings().transcripts)
      armed.reset(settings().faults)
    },
    recordSecret(value, request) {
      bySecret.set(value, selectionOf(request))
      forgetOldest(bySecret, maxSecrets)
    },
    selectScript(request) {
      const { script, testId } = selectionOf(request)
      if (script !== undefined && script !== defaultScript && !scripts.has(script)) {
        return { refusal: refusals.unknownScript(script, scripts.names), closeCode: 4000 }
      }
      return { testId, reader: scripts.reader({ script, testId }) }
    },
    createWire: (transport) => createSessionWire(transport, { clock, nextDelayMs }),
    register(wire, { id, type, model }, { testId, reader, callId, joinedClients }) {
      const { sessionMs, maxEntries, journalAudio } = settings()
      const controlled = registry.open({
        id,
        type,
        model: model ?? '',
        testId,
        callId,
        joinedClients,
        wire,
        clock,
        scriptName: () => reader.name,
        sessionMinutes: sessionMs / 60_000,
        maxEntries,
        audio: journalAudio,
      })
      // A fault at the start follows `session.created`. Before it, the client would have no session yet.
      for (const fault of armed.takeForSession(testId)) {
        controlled.session.inject({ afterEvent: 'session.created', ...fault })
      }
      return controlled
    },
    recordRejection: ({ refusal }, request) => registry.reject(refusal, selectionOf(request).testId),
  }
}
