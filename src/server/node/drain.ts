import { type Clock, systemClock } from '../../internal/clock.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { awaitsOutput } from '../../session/state/select.js'
import { PersistenceError } from '../persistence/error.js'
import type { Persistence } from '../persistence/persist.js'

/** A call that is drained. */
export interface DrainedCall {
  readonly session: RealtimeSession
  /** Its record. With it, the call is handed over to another process. */
  readonly persistence?: Pick<Persistence, 'handOver'> | undefined
  /** Resolves when all audio was played, such as `bridge.drained`. */
  readonly drained?: (() => Promise<void>) | undefined
}

/** What {@link drain} accepts: a session, or a call with its record. */
export type Drainable = RealtimeSession | DrainedCall

/** Options of {@link drain}. */
export interface DrainOptions {
  /** Maximum duration in milliseconds. It should be below the grace period of the orchestrator. */
  readonly deadlineMs: number
  /** Stops accepting calls, for example closes the HTTP server. It is not awaited: a server closes when its last connection has. */
  readonly stopAccepting?: (() => unknown) | undefined
  /** Response with which the model ends a call that cannot be handed over. @defaultValue the call ends without one */
  readonly goodbye?: ResponseCreateParams | undefined
  /** Source of time. @defaultValue the system clock */
  readonly clock?: Clock | undefined
}

/** How the calls ended. */
export interface DrainReport {
  /** Calls that another process can continue. */
  readonly handedOver: number
  /** Calls that were closed between two turns, after the goodbye if there is one. */
  readonly finished: number
  /** Calls that were closed in the middle of a turn, because the deadline had passed. */
  readonly cut: number
  readonly durationMs: number
}

/** The part of the deadline in which current turns may finish. The rest is for the handover or the goodbye. */
const turnShare = 0.6
/** How often a session is checked, in milliseconds. */
const pollMs = 50

/**
 * Ends all calls of a process before it stops: stops accepting, lets current turns finish, hands the call over or has the model say goodbye, and
 * closes the session. It always resolves, at the latest when the deadline has passed.
 *
 * @example
 * ```ts
 * process.once('SIGTERM', async () => {
 *   await drain(sessions, { deadlineMs: 10_000, stopAccepting: () => server.close() })
 *   process.exit()
 * })
 * ```
 * @throws {PersistenceError} `INVALID_OPTION` if `deadlineMs` is not a positive number.
 */
export async function drain(calls: Iterable<Drainable>, options: DrainOptions): Promise<DrainReport> {
  const { deadlineMs, stopAccepting, clock = systemClock } = options
  if (!(deadlineMs > 0 && deadlineMs < Number.POSITIVE_INFINITY)) {
    const problem = 'must be a positive, finite number of milliseconds'
    throw new PersistenceError('INVALID_OPTION', { option: 'deadlineMs', problem })
  }
  const startedAt = clock.now()
  const deadline = createDeadline(clock, deadlineMs)
  Promise.resolve()
    .then(stopAccepting)
    .catch(() => {})
  const ends = await Promise.all([...calls].map((call) => drainCall('session' in call ? call : { session: call })))
  deadline.cancel()
  const count = (end: CallEnd) => ends.filter((other) => other === end).length
  return {
    handedOver: count('handedOver'),
    finished: count('finished'),
    cut: count('cut'),
    durationMs: clock.now() - startedAt,
  }

  async function drainCall({ session, persistence, drained }: DrainedCall): Promise<CallEnd> {
    const close = () => deadline.race(session.close().catch(() => {}))
    if (session.getState().status === 'closed') return 'finished'
    const isQuiet = await quiet(session, startedAt + deadlineMs * turnShare)
    const isHandedOver =
      persistence !== undefined &&
      (await deadline.race(
        persistence.handOver().then(
          () => true,
          () => false,
        ),
      )) === true
    if (isHandedOver) {
      await close()
      return 'handedOver'
    }
    const { goodbye } = options
    if (goodbye && session.getState().status === 'open') await deadline.race(sayGoodbye(session, goodbye))
    if (drained) await deadline.race(drained().catch(() => {}))
    const end: CallEnd = isQuiet && !deadline.hasPassed ? 'finished' : 'cut'
    await close()
    return end
  }

  /** Waits until neither side speaks and no tool runs. Resolves to `false` if that takes too long. */
  async function quiet(session: RealtimeSession, until: number): Promise<boolean> {
    while (!isBetweenTurns(session)) {
      if (clock.now() >= until) return false
      await new Promise<void>((resolve) => clock.after(Math.min(pollMs, until - clock.now()), resolve))
    }
    return true
  }

  async function sayGoodbye(session: RealtimeSession, params: ResponseCreateParams): Promise<void> {
    await session.respond(params, { whenBusy: 'interrupt' }).done
    while (session.playback.isPlaying && !deadline.hasPassed)
      await new Promise<void>((resolve) => clock.after(pollMs, resolve))
  }
}

type CallEnd = 'handedOver' | 'finished' | 'cut'

function isBetweenTurns(session: RealtimeSession): boolean {
  const state = session.getState()
  if (state.status === 'closed') return true
  const isTalking = state.responses.activeId !== undefined || state.inputAudio.isSpeaking || session.playback.isPlaying
  return !isTalking && !awaitsOutput(state)
}

interface Deadline {
  readonly hasPassed: boolean
  /** Resolves with the promise, or with `undefined` when the deadline passes first. */
  race<T>(promise: Promise<T>): Promise<T | undefined>
  cancel(): void
}

function createDeadline(clock: Clock, deadlineMs: number): Deadline {
  let hasPassed = false
  let cancel = () => {}
  const passed = new Promise<undefined>((resolve) => {
    cancel = clock.after(deadlineMs, () => {
      hasPassed = true
      resolve(undefined)
    })
  })
  return {
    get hasPassed() {
      return hasPassed
    },
    race: (promise) => Promise.race([promise, passed]),
    cancel: () => cancel(),
  }
}
