import { type Clock, systemClock } from '../internal/clock.js'
import { createEmitter } from '../internal/emitter.js'
import { createRedactor, type TextPolicy } from './record/redact.js'
import type { Transport, TransportClose, TransportEvents, TransportReconnecting } from './transport.js'

/** Options of {@link recording}. */
export interface RecordingOptions {
  /**
   * What becomes of words: transcripts, texts, instructions, arguments, messages of errors. `length` writes how long they are; `keep`
   * writes them, still without credentials and sound.
   * @default 'length'
   */
  text?: TextPolicy
  /**
   * Where time comes from.
   * @default the clock on the wall
   */
  clock?: Clock
  /** Hears what `write` throws or rejects with; without it that is ignored, and the next line is written all the same. */
  onError?: (error: unknown) => void
}

/** One line of a recording. */
export interface RecordedLine {
  /** Milliseconds since the recording began, to the thousandth. */
  readonly ms: number
  /** Whether the frame was sent by this side or received; `local` is what happened to the transport itself. */
  readonly direction: 'sent' | 'received' | 'local'
  /**
   * The event, redacted: as on the wire, with `[…]` in place of what was taken out; such a text alone when the frame was no JSON.
   * Locally `recording` with `startedAt`, `open`, `reconnecting`, `close`, `open_failed`.
   */
  readonly event: unknown
}

/**
 * A transport that writes down, as JSON Lines, everything that goes through the one it wraps, and changes nothing of it. Credentials
 * and sound are never written, words only when asked for. A `write` that fails harms nobody; one that answers a promise is not waited for.
 *
 * ```ts
 * recording(webSocket({ apiKey, model }), (line) => file.write(line))
 * ```
 * @param write takes one line, with its line break.
 */
export function recording(
  transport: Transport,
  write: (line: string) => unknown,
  options: RecordingOptions = {},
): Transport {
  const { clock = systemClock, text = 'length', onError = () => {} } = options
  const redact = createRedactor(text)
  const emitter = createEmitter<TransportEvents>()
  let beganAt: number | undefined
  let unlisten: (() => void)[] = []

  function record(direction: RecordedLine['direction'], event: unknown): void {
    if (beganAt === undefined) {
      beganAt = clock.now()
      record('local', { type: 'recording', startedAt: new Date().toISOString() })
    }
    const ms = Math.round((clock.now() - beganAt) * 1000) / 1000
    attempt(() => write(`${JSON.stringify({ ms, direction, event: redact(event) } satisfies RecordedLine)}\n`))
  }

  async function attempt(act: () => unknown): Promise<void> {
    try {
      await act()
    } catch (error) {
      try {
        onError(error)
      } catch {}
    }
  }

  function recordFrame(direction: 'sent' | 'received', frame: string): void {
    record(direction, parse(frame))
  }

  function listen(): void {
    if (unlisten.length > 0) return
    // Each event is written before any listener hears of it, so that what a listener sends in answer stands behind it.
    unlisten = [
      transport.on('open', () => {
        record('local', { type: 'open' })
        emitter.emit('open', undefined)
      }),
      transport.on('message', (frame) => {
        recordFrame('received', frame)
        emitter.emit('message', frame)
      }),
      transport.on('reconnecting', (event) => {
        record('local', describeReconnecting(event))
        emitter.emit('reconnecting', event)
      }),
      transport.on('close', (close) => {
        record('local', describeClose(close))
        release()
        emitter.emit('close', close)
      }),
    ]
  }

  function release(): void {
    for (const undo of unlisten.splice(0)) undo()
  }

  const own: Partial<Transport> = {
    async open(signal) {
      listen()
      try {
        await transport.open(signal)
      } catch (error) {
        record('local', { type: 'open_failed', error: codeOf(error) })
        if (transport.state === 'closed' || transport.state === 'idle') release()
        throw error
      }
    },
    send(frame) {
      transport.send(frame)
      recordFrame('sent', frame)
    },
    on: (type, listener) => emitter.on(type, listener),
  }
  return overlay(transport, own)
}

/** The transport with some members replaced; every other one, also one that the contract does not know, is its own. */
function overlay(transport: Transport, own: Partial<Transport>): Transport {
  const members: PropertyDescriptorMap = {}
  for (let level: object = transport; level !== Object.prototype && level; level = Object.getPrototypeOf(level))
    for (const name of Object.getOwnPropertyNames(level))
      members[name] = {
        enumerable: true,
        get() {
          const member: unknown = Reflect.get(transport, name)
          return typeof member === 'function' ? member.bind(transport) : member
        },
      }
  return Object.defineProperties({}, { ...members, ...Object.getOwnPropertyDescriptors(own) }) as Transport
}

/** The event of a frame; one that is no JSON is taken for words. */
function parse(frame: string): unknown {
  try {
    return JSON.parse(frame)
  } catch {
    return frame
  }
}

function describeClose({ code, reason, wasClean, error }: TransportClose) {
  return { type: 'close', code, reason, wasClean, ...(error && { error: codeOf(error) }) }
}

function describeReconnecting({ attempt, delayMs, cause }: TransportReconnecting) {
  return {
    type: 'reconnecting',
    attempt,
    delayMs,
    cause: cause instanceof Error ? codeOf(cause) : describeClose(cause),
  }
}

/** What an error is, without what it says. */
function codeOf(error: unknown) {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  return { name, code }
}
