import { type Clock, systemClock } from '../../internal/clock.js'
import { createEmitter } from '../../internal/emitter.js'
import { throwInvalidOption } from '../options.js'
import { type EventLoopDelay, measureEventLoopDelay } from './event-loop-delay.js'
import { createRefusal, type Refusal, type RefusalReason } from './refusal.js'

/** Options of {@link createAdmission}. */
export interface AdmissionOptions {
  /**
   * 99th percentile of the event-loop delay above which new calls are refused, in milliseconds. `Infinity` disables the limit.
   * @defaultValue 20
   */
  readonly maxEventLoopDelayMs?: number
  /**
   * Resident memory of the process above which new calls are refused, in bytes. `Infinity` disables the limit.
   * @defaultValue 85 % of the memory limit of the container, or `Infinity` without one
   */
  readonly maxMemoryBytes?: number
  /**
   * Maximum number of calls at the same time. A call counts from `admit()` to its `end()`.
   * @defaultValue Infinity
   */
  readonly maxCalls?: number
  /**
   * Maximum number of calls that start in one second. The event-loop delay shows the load of a call only after it has started, so a burst must
   * not be admitted at once.
   * @defaultValue 20
   */
  readonly maxCallsPerSecond?: number
  /**
   * Time over which the event-loop delay is measured, in milliseconds. At least 1000.
   * @defaultValue 10_000
   */
  readonly windowMs?: number
  /**
   * Share of a limit to which the event-loop delay or the memory must fall before calls are admitted again, above 0 and up to 1.
   * @defaultValue 0.8
   */
  readonly resumeBelow?: number
  /**
   * When a refused caller may try again, in milliseconds: the `Retry-After` of the HTTP reply.
   * @defaultValue 5_000
   */
  readonly retryAfterMs?: number
  /**
   * What Twilio says to a refused caller.
   * @defaultValue none: the caller gets a busy signal, and Twilio does not charge the call
   */
  readonly busyMessage?: string
  /** @defaultValue the system clock */
  readonly clock?: Clock
}

/** State of an {@link Admission}. */
export interface AdmissionState {
  /** `admitting`, or why the next call would be refused. A limit by rate is not a state: it ends within a second. */
  readonly status: 'admitting' | Exclude<RefusalReason, 'rate'>
  /** Calls in progress. */
  readonly calls: number
  /** Calls that were refused so far. */
  readonly refused: number
  /** 99th percentile of the event-loop delay over the window, in milliseconds. */
  readonly eventLoopDelayMs: number
  /** Resident memory, in bytes. */
  readonly memoryBytes: number
}

/** An admitted call. */
export interface AdmittedCall {
  readonly admitted: true
  /** Frees the place of the call. Call it when the call has ended; a second call has no effect. */
  end(): void
}

/** Decides whether a new call may start. */
export interface Admission {
  /** Returns why a new call would be refused now, or `undefined`. Takes no place: use it in a webhook, before the call has a connection. */
  check(): Refusal | undefined
  /** Admits or refuses a call. An admitted call takes a place until its `end()`. */
  admit(): AdmittedCall | Refusal
  getState(): AdmissionState
  /** Subscribes to changes of `status`, `calls`, and `refused`. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Stops measuring. Later calls are refused. Calls in progress are not affected. */
  stop(): void
  [Symbol.dispose](): void
}

/** What an admission measures. Tests replace it. */
export interface AdmissionSources {
  readonly eventLoop: EventLoopDelay
  readonly memoryBytes: () => number
  /** Memory limit of the container. */
  readonly memoryLimitBytes: () => number
}

/**
 * Creates a limit for new calls, so that the calls in progress keep their quality. New calls are refused while the event loop is late, the
 * memory is nearly used up, or too many calls are in progress. Nothing is kept alive by its timer.
 *
 * @example
 * ```ts
 * const admission = createAdmission({ maxEventLoopDelayMs: 20, maxCalls: 200 })
 * sockets.on('connection', (socket) => {
 *   const call = admission.admit()
 *   if (!call.admitted) return socket.close(1013, 'Try again later')
 *   bridgeTwilio(socket, createAgentSession()).on('stop', () => call.end())
 * })
 * ```
 * @throws {HttpError} `INVALID_OPTION`.
 */
export function createAdmission(options: AdmissionOptions = {}): Admission {
  return createAdmissionFrom(options, () => ({
    eventLoop: measureEventLoopDelay(),
    memoryBytes: () => process.memoryUsage.rss(),
    memoryLimitBytes: () => process.constrainedMemory?.() ?? 0,
  }))
}

/** Share of the container's memory that may be used by default. */
const memoryShare = 0.85
/** A container without a limit reports 0 or a very large number. */
const largestLimitBytes = 2 ** 50

/** {@link createAdmission} with other sources. The function is called after the options are checked. */
export function createAdmissionFrom(options: AdmissionOptions, open: () => AdmissionSources): Admission {
  const settings = withDefaults(options)
  const { clock, maxCalls, maxCallsPerSecond, maxEventLoopDelayMs, windowMs, resumeBelow } = settings
  const sources = open()
  const maxMemoryBytes = options.maxMemoryBytes ?? defaultMemoryLimit(sources.memoryLimitBytes())
  const emitter = createEmitter<{ change: undefined }>()
  /** Times of the calls that were admitted in the last second. */
  let starts: number[] = []
  let overload: 'event-loop-delay' | 'memory' | undefined
  let isStopped = false
  let cancelTurn = () => {}
  let state: AdmissionState = {
    status: 'admitting',
    calls: 0,
    refused: 0,
    eventLoopDelayMs: 0,
    memoryBytes: sources.memoryBytes(),
  }

  /** Measures, and replaces the state. */
  function update(change: Partial<Pick<AdmissionState, 'calls' | 'refused'>> = {}): void {
    const eventLoopDelayMs = isStopped ? state.eventLoopDelayMs : sources.eventLoop.p99Ms()
    const memoryBytes = isStopped ? state.memoryBytes : sources.memoryBytes()
    const delayLimit = overload === 'event-loop-delay' ? maxEventLoopDelayMs * resumeBelow : maxEventLoopDelayMs
    const memoryLimit = overload === 'memory' ? maxMemoryBytes * resumeBelow : maxMemoryBytes
    overload = eventLoopDelayMs > delayLimit ? 'event-loop-delay' : memoryBytes > memoryLimit ? 'memory' : undefined
    const next = { ...state, ...change, eventLoopDelayMs, memoryBytes }
    const status = isStopped ? 'stopped' : (overload ?? (next.calls >= maxCalls ? 'calls' : 'admitting'))
    const isChanged = status !== state.status || next.calls !== state.calls || next.refused !== state.refused
    state = { ...next, status }
    if (isChanged) emitter.emit('change', undefined)
  }

  function reasonToRefuse(): RefusalReason | undefined {
    update()
    if (state.status !== 'admitting') return state.status
    const now = clock.now()
    starts = starts.filter((start) => now - start < 1_000)
    return starts.length >= maxCallsPerSecond ? 'rate' : undefined
  }

  function check(): Refusal | undefined {
    const reason = reasonToRefuse()
    if (reason === undefined) return undefined
    update({ refused: state.refused + 1 })
    return createRefusal(reason, settings)
  }

  function waitForTurn(): void {
    cancelTurn = afterUnref(clock, windowMs / 2, () => {
      sources.eventLoop.turn()
      update()
      waitForTurn()
    })
  }

  function stop(): void {
    if (isStopped) return
    isStopped = true
    cancelTurn()
    sources.eventLoop.stop()
    update()
    emitter.clear()
  }

  waitForTurn()
  return {
    check,
    admit() {
      const refusal = check()
      if (refusal) return refusal
      starts.push(clock.now())
      update({ calls: state.calls + 1 })
      let hasEnded = false
      return {
        admitted: true,
        end() {
          if (hasEnded) return
          hasEnded = true
          update({ calls: state.calls - 1 })
        },
      }
    },
    getState() {
      return state
    },
    subscribe: (listener) => emitter.on('change', listener),
    stop,
    [Symbol.dispose]: stop,
  }
}

/** Sets a timer. A timer of the system does not keep the process alive. */
function afterUnref(clock: Clock, delayMs: number, callback: () => void): () => void {
  if (clock !== systemClock) return clock.after(delayMs, callback)
  const timer = setTimeout(callback, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

function defaultMemoryLimit(limitBytes: number): number {
  return limitBytes > 0 && limitBytes < largestLimitBytes ? limitBytes * memoryShare : Number.POSITIVE_INFINITY
}

function withDefaults(options: AdmissionOptions) {
  if (typeof options !== 'object' || options === null) throwInvalidOption('options', 'must be an object')
  const infinity = Number.POSITIVE_INFINITY

  function number(name: NumberOption, fallback: number, min: number, max = infinity): number {
    const value: unknown = options[name] ?? fallback
    if (typeof value === 'number' && value >= min && value <= max) return value
    return throwInvalidOption(name, `must be a number of at least ${min}${max < infinity ? ` and at most ${max}` : ''}`)
  }

  const { busyMessage, clock = systemClock } = options
  if (busyMessage !== undefined && (typeof busyMessage !== 'string' || busyMessage.trim() === ''))
    throwInvalidOption('busyMessage', 'must be a non-empty string')
  if (options.maxMemoryBytes !== undefined) number('maxMemoryBytes', infinity, 1)
  return {
    clock,
    busyMessage,
    maxEventLoopDelayMs: number('maxEventLoopDelayMs', 20, 1),
    maxCalls: number('maxCalls', infinity, 0),
    maxCallsPerSecond: number('maxCallsPerSecond', 20, 1),
    windowMs: number('windowMs', 10_000, 1_000, 600_000),
    resumeBelow: number('resumeBelow', 0.8, 0.01, 1),
    retryAfterMs: number('retryAfterMs', 5_000, 0, 86_400_000),
  }
}

type NumberOption =
  | 'maxEventLoopDelayMs'
  | 'maxMemoryBytes'
  | 'maxCalls'
  | 'maxCallsPerSecond'
  | 'windowMs'
  | 'resumeBelow'
  | 'retryAfterMs'
