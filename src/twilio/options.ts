import { type TwilioDialect, twilio } from './dialect.js'
import { TwilioError } from './error.js'
import { frameMs } from './frame-queue.js'

/** Options of {@link bridgeTwilio}. */
export interface TwilioBridgeOptions {
  /**
   * How the provider writes its messages: `twilio`, `telnyx` or `plivo`.
   * @defaultValue twilio
   */
  readonly dialect?: TwilioDialect
  /**
   * What becomes of the session when the stream ends. A kept session is cut off where the caller stopped hearing it, and may be bridged
   * to another stream.
   * @defaultValue 'close'
   */
  readonly onStop?: 'close' | 'keep'
  /**
   * How far ahead of being heard sound is sent, in milliseconds; at least 20. More bridges longer hiccups of the network, less leaves less to
   * be thrown away when the caller cuts in.
   * @defaultValue 200
   */
  readonly sendAheadMs?: number
  /**
   * How exactly it is known what was heard, in milliseconds: a mark follows so much sound at the latest. At least 20.
   * @defaultValue 100
   */
  readonly markEveryMs?: number
  /**
   * How much of what the caller says is kept while the session connects, in milliseconds; beyond it the oldest is dropped, and reported.
   * @defaultValue 30_000
   */
  readonly maxPrebufferMs?: number
  /**
   * How much of an answer may wait for its time, in milliseconds; what comes beyond it is dropped, and reported.
   * @defaultValue 600_000
   */
  readonly maxWaitingMs?: number
  /**
   * How much the socket may have buffered before sound waits its turn, in bytes.
   * @defaultValue 65_536
   */
  readonly highWaterMark?: number
  /**
   * How long the provider may send nothing at all before the line counts as dead, in milliseconds; `Infinity` for ever.
   * @defaultValue 60_000
   */
  readonly inactivityTimeoutMs?: number
  /**
   * How long no media arrive from the caller before silence is appended in their place, in milliseconds; at least 20. Without it a turn
   * stays open when the provider sends nothing instead of silence. `Infinity` switches it off; gaps between timestamps are still filled.
   * @defaultValue 400
   */
  readonly padAfterMs?: number
  /**
   * The most silence that is appended for one gap in the caller's media, in milliseconds; 0 for none.
   * @defaultValue 10_000
   */
  readonly maxPaddingMs?: number
  /**
   * How long the provider may take from the connection to its `start`, without which nothing can be said, in milliseconds; `Infinity` for ever.
   * @defaultValue 10_000
   */
  readonly startTimeoutMs?: number
}

/**
 * The options with what was left out.
 * @throws {TwilioError} `INVALID_OPTION`.
 */
export function withDefaults(options: TwilioBridgeOptions): Required<TwilioBridgeOptions> {
  const { dialect = twilio, onStop = 'close' } = options
  const atLeast = (option: NumberOption, minimum: number, fallback: number) => {
    const value = options[option] ?? fallback
    if (typeof value === 'number' && value >= minimum) return value
    return refuse(option, `must be a number of at least ${minimum}`)
  }
  if (typeof dialect?.fromProvider !== 'function' || typeof dialect.toProvider !== 'function')
    refuse('dialect', 'must be one such as twilio, telnyx or plivo, and not its name')
  if (onStop !== 'close' && onStop !== 'keep') refuse('onStop', 'must be "close" or "keep"')
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

/** Refuses `Infinity` where a time must come to an end. */
function finite(option: NumberOption, value: number): number {
  return value < Number.POSITIVE_INFINITY ? value : refuse(option, 'must be finite')
}

function refuse(option: string, problem: string): never {
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
