import { abortReason, throwIfAborted } from '../internal/abort.js'
import { type Clock, systemClock } from '../internal/clock.js'
import { createEmitter } from '../internal/emitter.js'
import type { Dialect } from '../session/dialect.js'
import type { SessionConfigInput } from '../session/options.js'
import { isTransportError, TransportError } from '../transports/error.js'
import type { Transport, TransportClose, TransportEvents } from '../transports/transport.js'
import { createDialectCodec } from './codec.js'

/** Options of {@link failover}. */
export interface FailoverOptions {
  /**
   * How long a connection must be open to count as stable, in milliseconds. After it, every server may be tried again.
   * @defaultValue 10_000
   */
  stableMs?: number
  /**
   * Clock for `stableMs`.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** The configuration of the dialects of transports, or that of GA if none has a dialect. */
type ConfigOfAny<Each> = [ConfigOf<Each>] extends [never] ? SessionConfigInput : ConfigOf<Each>
type ConfigOf<Each> = Each extends { readonly dialect: Dialect<infer Config> } ? Config : never

type Phase =
  | { readonly name: 'idle' | 'opening' | 'switching' | 'closing' | 'closed' }
  | { readonly name: 'open'; readonly openedAtMs: number }

/**
 * Connects to the first of several servers, and continues with the next one when a server cannot be reached, refuses the session, or is lost
 * in mid-call. The session sends its configuration and its history to the next server, in the dialect of that server. The event `restored`
 * then contains what the server did not take: `lost` items, and `untranslated` settings.
 *
 * Wrap a server in `reconnecting` to try it again before the next one. The transports carry audio in events.
 *
 * @example
 * ```ts
 * const transport = failover([
 *   webSocket({ apiKey, model: 'gpt-realtime-2.1' }),
 *   webSocket({ dialect: xai, apiKey: xaiKey, model: 'grok-voice-latest' }),
 * ])
 * const session = createSession({ transport, config })
 * session.on('restored', ({ lost, untranslated }) => console.log(lost, untranslated))
 * ```
 * @throws {TransportError} `INVALID_OPTION` without a transport.
 */
export function failover<const Transports extends readonly Transport[]>(
  transports: Transports,
  { stableMs = 10_000, clock = systemClock }: FailoverOptions = {},
): Transport & { readonly dialect: Dialect<ConfigOfAny<Transports[number]>> } {
  const [first] = transports
  if (first === undefined)
    throw new TransportError('INVALID_OPTION', { option: 'transports', problem: 'is empty; pass at least one' })
  const emitter = createEmitter<TransportEvents>()
  const dialects = new Map<unknown, Dialect<object>>()
  let current: Transport = first
  /** The servers that failed since the last stable connection. */
  const failed = new Set<Transport>()
  let phase: Phase = { name: 'idle' }
  let unsubscribe: (() => void)[] = []
  /** Increases whenever a running attempt must stop. */
  let generation = 0

  function listen(): void {
    stopListening()
    const transport = current
    unsubscribe = [
      transport.on('open', () => {
        phase = { name: 'open', openedAtMs: clock.now() }
        emitter.emit('open', undefined)
      }),
      transport.on('message', (frame) => emitter.emit('message', frame)),
      transport.on('reconnecting', (event) => emitter.emit('reconnecting', event)),
      transport.on('close', onClose),
    ]
  }

  function stopListening(): void {
    for (const off of unsubscribe.splice(0)) off()
  }

  function onClose(close: TransportClose): void {
    if (phase.name === 'open' && switchOver(close)) return
    if (phase.name !== 'open' && phase.name !== 'closing') return
    stopListening()
    phase = { name: 'closed' }
    emitter.emit('close', close)
  }

  /** Makes the next server the current one. Returns `false` when all have failed. */
  function advance(): boolean {
    if (phase.name === 'open' && clock.now() - phase.openedAtMs >= stableMs) failed.clear()
    failed.add(current)
    const from = transports.indexOf(current)
    const next = [...transports.slice(from + 1), ...transports.slice(0, from)].find((other) => !failed.has(other))
    if (!next) return false
    stopListening()
    current = next
    return true
  }

  /** Leaves a server that was open, and opens the next one. */
  function switchOver(cause: TransportClose | Error): boolean {
    const left = current
    if (!advance()) return false
    generation += 1
    phase = { name: 'switching' }
    left.close().catch(() => {})
    const own = generation
    emitter.emit('reconnecting', { attempt: failed.size, delayMs: 0, cause })
    if (own === generation) openCurrent(own, undefined).catch((error) => giveUp(own, error))
    return true
  }

  function giveUp(own: number, error: unknown): void {
    if (own !== generation) return
    phase = { name: 'closed' }
    stopListening()
    const details = isTransportError(error) ? { error } : {}
    emitter.emit('close', { code: 1006, reason: 'no server is left', wasClean: false, ...details })
  }

  /** Opens the current server, or one after it. */
  async function openCurrent(own: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      listen()
      try {
        await current.open(signal)
        return
      } catch (error) {
        if (own !== generation) throw new TransportError('CLOSED', { code: 1000, reason: '' })
        if (signal?.aborted) throw abortReason(signal)
        if (!advance()) throw error
        emitter.emit('reconnecting', { attempt: failed.size, delayMs: 0, cause: toError(error) })
        if (own !== generation) throw new TransportError('CLOSED', { code: 1000, reason: '' })
      }
    }
  }

  let opening: Promise<void> | undefined

  async function start(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    failed.clear()
    phase = { name: 'opening' }
    generation += 1
    const own = generation
    try {
      await openCurrent(own, signal)
    } catch (error) {
      if (own === generation) {
        phase = { name: 'closed' }
        stopListening()
      }
      throw error
    }
  }

  return {
    audio: 'events',
    get state() {
      switch (phase.name) {
        case 'switching':
          return 'opening'
        case 'open':
        case 'closing':
          return current.state
        default:
          return phase.name
      }
    },
    get dialect() {
      const { dialect } = current
      const known = dialects.get(dialect) ?? portable(dialect as Dialect<object> | undefined)
      dialects.set(dialect, known)
      return known as Dialect<ConfigOfAny<Transports[number]>>
    },
    get bufferedAmount() {
      return current.bufferedAmount
    },
    open(signal) {
      if (phase.name === 'open' && current.state === 'open') return Promise.resolve()
      opening ??= start(signal).finally(() => {
        opening = undefined
      })
      return opening
    },
    send: (frame) => current.send(frame),
    async close(code = 1000, reason = '') {
      const before = phase
      if (before.name === 'open') {
        phase = { name: 'closing' }
        try {
          await current.close(code, reason)
        } catch (error) {
          if (phase.name === 'closing') phase = before
          throw error
        }
        return
      }
      generation += 1
      phase = { name: 'closed' }
      stopListening()
      await current.close(code, reason)
    },
    failOver: (cause) => (phase.name === 'open' || phase.name === 'switching') && switchOver(cause),
    on: (type, listener) => emitter.on(type, listener),
  }
}

/** Returns the dialect for a configuration that may have been written for another server: what this one does not accept is left out. */
function portable(dialect: Dialect<object> | undefined): Dialect<object> {
  const { createCodec } = dialect ?? {}
  return {
    ...dialect,
    name: dialect?.name ?? 'openai',
    createCodec: (context) => {
      const leavingOut = { ...context, unaccepted: 'leave out' } as const
      return createCodec ? createCodec(leavingOut) : createDialectCodec({ name: 'openai' }, {}, leavingOut)
    },
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('a transport threw a value that is not an Error')
}
