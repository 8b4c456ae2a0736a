import { type Clock, systemClock } from '../internal/clock.js'
import type { TextDetector } from '../internal/redaction/detector.js'
import { createRedactor, type TextPolicy } from '../internal/redaction/redactor.js'
import type { Transport, TransportClose, TransportReconnecting } from './transport.js'
import { wrapTransport } from './wrap-transport.js'

/** Options of {@link recording}. */
export interface RecordingOptions {
  /**
   * How text is written: transcripts, instructions, arguments, and error messages. `length` writes the number of characters. `keep` writes
   * the text, still without credentials and audio.
   * @defaultValue 'length'
   */
  text?: TextPolicy
  /**
   * Finds parts of kept text that are replaced by their kind, such as `[card number]`. Deltas are then written as their lengths, because a
   * match can be split over several of them. The event at the end of each part contains the whole text.
   * @defaultValue nothing is replaced
   */
  redact?: TextDetector | undefined
  /**
   * Clock for timestamps.
   * @defaultValue the system clock
   */
  clock?: Clock
  /** Called with an error that `write` throws or rejects with. The next line is written in any case. */
  onError?: (error: unknown) => void
}

/** One line of a recording. */
export interface RecordedLine {
  /** Milliseconds since the first line, rounded to microseconds. */
  readonly ms: number
  /** `sent` or `received` for frames, `local` for events of the transport. */
  readonly direction: 'sent' | 'received' | 'local'
  /**
   * The event with `[…]` in place of redacted values, or only such a text when the frame is not JSON. The types of `local` events are
   * `recording` (with `startedAt`), `open`, `reconnecting`, `close`, and `open_failed`.
   */
  readonly event: unknown
}

/**
 * Wraps a transport and records all frames and connection events as JSON Lines. Frames pass unchanged. Credentials and audio are never
 * written, and text only with `text: 'keep'`. Errors of `write` do not affect the transport. If `write` returns a promise, it is not awaited.
 *
 * @example
 * ```ts
 * recording(webSocket({ apiKey, model }), (line) => file.write(line))
 * ```
 * @param write Receives one line, including its line break.
 */
export function recording<Inner extends Transport>(
  transport: Inner,
  write: (line: string) => unknown,
  options: RecordingOptions = {},
): Inner {
  const { clock = systemClock, text = 'length', onError = () => {} } = options
  const redact = createRedactor({ text, redact: options.redact })
  let startedAtMs: number | undefined

  function record(direction: RecordedLine['direction'], event: unknown): void {
    if (startedAtMs === undefined) {
      startedAtMs = clock.now()
      record('local', { type: 'recording', startedAt: new Date().toISOString() })
    }
    const ms = Math.round((clock.now() - startedAtMs) * 1000) / 1000
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

/** Parses a frame. A frame that is not JSON is recorded as text. */
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

/** Returns name and code of an error, without its message. */
function codeOf(error: unknown) {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  return { name, code }
}
