import { type TwilioDialect, twilio } from './dialect.js'
import { TwilioError } from './error.js'
import { frameMs } from './frame-queue.js'

/** Options of {@link bridgeTwilio}. */
export interface TwilioBridgeOptions {
  /**
   * Message format of the provider: `twilio`, `telnyx`, `plivo`, or your own.
   * @defaultValue twilio
   */
  readonly dialect?: TwilioDialect
  /**
   * What happens to the session when the bridge ends. With `'keep'`, the running response is interrupted and truncated at what was played,
   * and the session can be bridged to another stream.
   * @defaultValue 'close'
   */
  readonly onStop?: 'close' | 'keep'
  /**
   * How much audio is sent ahead of its playback, in milliseconds. At least 20. While more audio waits, the provider has between half of it and
   * all of it. A higher value tolerates more network jitter. A lower value leaves less audio in the provider's buffer when the caller
   * interrupts.
   * @defaultValue 200
   */
  readonly sendAheadMs?: number
  /**
   * Maximum audio between two marks, in milliseconds. At least 20. Marks report what was played, so this is the precision of truncation.
   * @defaultValue 100
   */
  readonly markEveryMs?: number
  /**
   * Caller audio that is buffered while the session connects, in milliseconds. When there is more, the oldest is dropped and reported by the
   * event `dropped`.
   * @defaultValue 30_000
   */
  readonly maxPrebufferMs?: number
  /**
   * Model audio that may wait to be sent, in milliseconds. What exceeds it is dropped and reported by the event `dropped`.
   * @defaultValue 600_000
   */
  readonly maxWaitingMs?: number
  /**
   * Bytes that the socket may have buffered before model audio waits.
   * @defaultValue 65_536
   */
  readonly highWaterMark?: number
  /**
   * Time without any message from the provider after which the bridge ends with `INACTIVE`, in milliseconds. `Infinity` disables it.
   * @defaultValue 60_000
   */
  readonly inactivityTimeoutMs?: number
  /**
   * Time without caller audio after which silence is appended instead, in milliseconds. At least 20. Without it, a turn stays open when the
   * provider sends nothing instead of silence. `Infinity` disables it. Gaps between timestamps are still filled.
   * @defaultValue 400
   */
  readonly padAfterMs?: number
  /**
   * Maximum silence that is appended for one gap in the caller's audio, in milliseconds. 0 disables padding.
   * @defaultValue 10_000
   */
  readonly maxPaddingMs?: number
  /**
   * Time to wait for the provider's `start`, in milliseconds. `Infinity` disables the timeout.
   * @defaultValue 10_000
   */
  readonly startTimeoutMs?: number
}

/**
 * Validates the options and fills in the defaults.
 * @throws {TwilioError} `INVALID_OPTION`.
 */
export function withDefaults(options: TwilioBridgeOptions): Required<TwilioBridgeOptions> {
  const { dialect = twilio, onStop = 'close' } = options
  const atLeast = (option: NumberOption, minimum: number, fallback: number) => {
    const value = options[option] ?? fallback
    if (typeof value === 'number' && value >= minimum) return value
    return throwInvalid(option, `must be a number of at least ${minimum}`)
  }
  if (typeof dialect?.fromProvider !== 'function' || typeof dialect.toProvider !== 'function')
    throwInvalid('dialect', 'must be a dialect object such as twilio, telnyx, or plivo, not its name')
  if (onStop !== 'close' && onStop !== 'keep') throwInvalid('onStop', 'must be "close" or "keep"')
  return {
    dialect,
    onStop: onStop,
    sendAheadMs: finite('sendAheadMs', atLeast('sendAheadMs', frameMs, 200)),
    markEveryMs: atLeast('markEveryMs', frameMs, 100),
    maxPrebufferMs: atLeast('maxPrebufferMs', 0, 30_000),
    maxWaitingMs: atLeast('maxWaitingMs', 0, 600_000),
    highWaterMark: atLeast('highWaterMark', 0, 65_536),
    inactivityTimeoutMs: atLeast('inactivityTimeoutMs', frameMs, 60_000),
    startTimeoutMs: atLeast('startTimeoutMs', frameMs, 10_000),
    padAfterMs: atLeast('padAfterMs', frameMs, 400),
    maxPaddingMs: finite('maxPaddingMs', atLeast('maxPaddingMs', 0, 10_000)),
  }
}

/** Throws for `Infinity`. */
function finite(option: NumberOption, value: number): number {
  return value < Number.POSITIVE_INFINITY ? value : throwInvalid(option, 'must be finite')
}

function throwInvalid(option: string, problem: string): never {
  throw new TwilioError('INVALID_OPTION', { option, problem })
}

type NumberOption =
  | 'sendAheadMs'
  | 'markEveryMs'
  | 'maxPrebufferMs'
  | 'maxWaitingMs'
  | 'highWaterMark'
  | 'inactivityTimeoutMs'
  | 'startTimeoutMs'
  | 'padAfterMs'
  | 'maxPaddingMs'
