import { encodeBase64 } from '../audio/base64.js'
import type { RealtimeSession } from '../session/realtime.js'
import type { LineFormat } from './line-format.js'
import type { TwilioMediaMessage } from './messages.js'
import { createPrebuffer, payloadMs } from './prebuffer.js'
import { createSilencePadding } from './silence-padding.js'

/** The most silence in one append, in milliseconds. A longer gap takes several appends. */
const maxSilenceMs = 1000

/** The audio of the caller on its way to the session. It is buffered until `start`. */
export interface InboundAudio {
  /** Receives audio from the provider, at a time of the clock. */
  receive(message: TwilioMediaMessage, now: number): void
  /** Sends the buffered audio, and forwards all audio that follows. */
  start(): void
  /** Drops the buffered audio and all audio that follows. */
  stop(): void
}

export interface InboundAudioOptions {
  readonly session: RealtimeSession
  readonly maxPrebufferMs: number
  readonly padAfterMs: number
  readonly maxPaddingMs: number
  /** Returns the format of the line. */
  readonly line: () => LineFormat
  readonly onDropped: (ms: number) => void
}

export function createInboundAudio(options: InboundAudioOptions): InboundAudio {
  const { session, maxPrebufferMs, padAfterMs, maxPaddingMs, line, onDropped } = options
  const prebuffer = createPrebuffer(maxPrebufferMs)
  let phase: 'buffering' | 'forwarding' | 'stopped' = 'buffering'

  const padding = createSilencePadding({
    clock: session.clock,
    padAfterMs,
    maxPaddingMs,
    pad(ms) {
      for (let leftMs = ms; leftMs > 0; leftMs -= maxSilenceMs)
        forward(encodeBase64(new Uint8Array(Math.min(leftMs, maxSilenceMs) * 8).fill(line().silence)))
    },
  })

  function forward(payload: string): void {
    if (phase === 'buffering') {
      const droppedMs = prebuffer.push(payload)
      if (droppedMs > 0) onDropped(droppedMs)
    } else if (phase === 'forwarding') append(payload)
  }

  function append(payload: string): void {
    try {
      session.audio.append(payload)
    } catch {
      // The session is closing. Its event `close` follows.
      onDropped(payloadMs(payload))
    }
  }

  return {
    receive({ media: { payload, timestamp } }, now) {
      const ms = payloadMs(payload)
      if (ms === 0) return
      padding.media(timestamp, ms, now)
      forward(payload)
    },
    start() {
      if (phase !== 'buffering') return
      phase = 'forwarding'
      for (const payload of prebuffer.take()) append(payload)
    },
    stop() {
      phase = 'stopped'
      padding.stop()
      prebuffer.take()
    },
  }
}
