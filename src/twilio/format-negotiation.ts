import type { RealtimeSession } from '../session/realtime.js'
import { formatMismatch, type LineFormat, muLaw } from './line-format.js'

/** Sets the audio formats of a session to the format of a telephone line, and checks that the server uses them. */
export interface FormatNegotiation {
  /** Returns the format of the line. Mu-law until `setLine` is called. */
  line(): LineFormat
  /** Returns whether the session is open and the server reports the format of the line for both directions. */
  isVerified(): boolean
  /** Connects the session and updates its formats where they differ from the line. */
  start(): void
  /** Changes the format of the line. Updates the session again if needed. */
  setLine(line: LineFormat): void
  /** Makes every later result of the negotiation go unreported. */
  stop(): void
}

export interface FormatNegotiationOptions {
  readonly session: RealtimeSession
  /** Called when the server has confirmed the format. Never called synchronously by `start` or `setLine`. */
  readonly onVerified: () => void
  /** Called when the session cannot be connected or updated, and when the server uses another format. */
  readonly onError: (error: unknown) => void
}

export function createFormatNegotiation(options: FormatNegotiationOptions): FormatNegotiation {
  const { session, onVerified, onError } = options
  let line = muLaw
  let status: 'pending' | 'negotiating' | 'verified' | 'stopped' = isOpenInFormat() ? 'verified' : 'pending'

  const isStopped = () => status === 'stopped'

  function mismatch() {
    return formatMismatch(session.getState().session, line)
  }

  function isOpenInFormat(): boolean {
    return session.getState().status === 'open' && !mismatch()
  }

  async function negotiate(): Promise<void> {
    status = 'negotiating'
    try {
      await session.connect()
      let requested: LineFormat | undefined
      // `setLine` may be called while an update is pending.
      while (!isStopped() && requested !== line && mismatch()) {
        requested = line
        const format = { type: line.type }
        await session.update({ audio: { input: { format }, output: { format } } })
      }
      if (isStopped()) return
      const error = mismatch()
      if (error) return onError(error)
      status = 'verified'
      onVerified()
    } catch (error) {
      if (!isStopped()) onError(error)
    }
  }

  const unsubscribe = session.on('session.updated', () => {
    const error = status === 'verified' && mismatch()
    if (error) onError(error)
  })

  return {
    line: () => line,
    isVerified: () => status === 'verified',
    start() {
      if (status === 'pending') void negotiate()
    },
    setLine(next) {
      if (next === line || isStopped()) return
      line = next
      if (status === 'negotiating') return
      if (isOpenInFormat()) status = 'verified'
      else void negotiate()
    },
    stop() {
      status = 'stopped'
      unsubscribe()
    },
  }
}
