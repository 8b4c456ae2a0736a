import { utf8Length } from '../../internal/utf8.js'
import { TransportError } from '../error.js'
import type { DataChannel } from './peer.js'
import { listen } from './peer.js'

/** The way out through a data channel: in order, never too much at once, and nothing that would end the channel. */
export interface Line {
  /** Bytes that have not left, those that wait for room included. */
  readonly bufferedAmount: number
  /** @throws {TransportError} `FRAME_TOO_LARGE`, `SEND_FAILED`. */
  send(frame: string): void
  release(): void
}

/** What a message may have where the other end does not say: larger ones end the channel at the service without a word. */
const usualLimitBytes = 262_144

/** More than this is not handed to the channel: browsers end one that holds 16 MiB. */
const highWaterBytes = 1 << 20

/**
 * Writes to a channel that is open.
 * @param limitBytes what the other end takes in one message, if it is known
 * @param onBroken the channel takes no more, though it said that it had room
 */
export function createLine(channel: DataChannel, limitBytes: number | undefined, onBroken: () => void): Line {
  const limit = Math.min(usualLimitBytes, limitBytes || usualLimitBytes)
  const waiting: { readonly frame: string; readonly bytes: number }[] = []
  let waitingBytes = 0
  channel.bufferedAmountLowThreshold = highWaterBytes / 2

  function flush(): void {
    for (let next = waiting[0]; next && channel.bufferedAmount < highWaterBytes; next = waiting[0]) {
      try {
        channel.send(next.frame)
      } catch {
        onBroken()
        return
      }
      waiting.shift()
      waitingBytes -= next.bytes
    }
  }
  const unlisten = listen(channel, 'bufferedamountlow', flush)

  return {
    get bufferedAmount() {
      return channel.bufferedAmount + waitingBytes
    },
    send(frame) {
      // A character has at most three bytes, so most frames need not be counted.
      const bytes = frame.length * 3 <= limit ? frame.length : utf8Length(frame)
      if (bytes > limit) throw new TransportError('FRAME_TOO_LARGE', { bytes, limitBytes: limit })
      if (waiting.length > 0 || channel.bufferedAmount >= highWaterBytes) {
        waiting.push({ frame, bytes })
        waitingBytes += bytes
        return
      }
      try {
        channel.send(frame)
      } catch (cause) {
        throw new TransportError('SEND_FAILED', { bytes }, { cause })
      }
    },
    release() {
      unlisten()
      waiting.length = 0
      waitingBytes = 0
    },
  }
}
