import { type Clock, systemClock } from '../internal/clock.js'
import { createRedactor, type TextPolicy } from './record/redact.js'
import type { Transport, TransportClose, TransportReconnecting } from './transport.js'
import { wrapTransport } from './wrap-transport.js'

/** Options of {@link recording}. */
export interface RecordingOptions {
  /**
   * What becomes of words: transcripts, texts, instructions, arguments, messages of errors. `length` writes how long they are; `keep`
   * writes them, still without credentials and sound.
   * @defaultValue 'length'
   */
  text?: TextPolicy
  /**
   * Where time comes from.
   * @defaultValue the system clock
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
  let beganAt: number | undefined

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

  // Each line is written before listeners receive the event, so that what a listener sends in response comes after it.
  return wrapTransport(transport, {
    async open(next, signal) {
      try {
        await next(signal)
      } catch (error) {
        record('local', { type: 'open_failed', error: codeOf(error) })
        throw error
      }
    },
    send(frame, next) {
      next(frame)
      recordFrame('sent', frame)
    },
    onOpen(next) {
      record('local', { type: 'open' })
      next()
    },
    onMessage(frame, next) {
      recordFrame('received', frame)
      next(frame)
    },
    onReconnecting(event, next) {
      record('local', describeReconnecting(event))
      next(event)
    },
    onClose(close, next) {
      record('local', describeClose(close))
      next(close)
    },
  })
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
