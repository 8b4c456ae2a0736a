import { utf8Length } from '../../internal/utf8.js'
import { TransportError } from '../error.js'
import type { DataChannel } from './peer-connection.js'
import { listen } from './peer-connection.js'

/** Sends frames over a data channel in order, without exceeding the limits of the channel. */
export interface DataChannelWriter {
  /** Bytes that were not yet sent, including frames that wait for the buffer to drain. */
  readonly bufferedAmount: number
  /** @throws {TransportError} `FRAME_TOO_LARGE`, `SEND_FAILED`. */
  send(frame: string): void
  release(): void
}

/** Maximum message size if the peer announces none. The service closes the channel without an error for larger messages. */
const defaultLimitBytes = 262_144

/** Maximum bytes in the buffer of the channel. Browsers close a channel that buffers 16 MiB. */
const highWaterBytes = 1 << 20

/**
 * Creates a writer for an open channel.
 * @param limitBytes Maximum message size of the peer, if known.
 * @param onBroken Called when the channel rejects a queued frame.
 */
export function createDataChannelWriter(
  channel: DataChannel,
  limitBytes: number | undefined,
  onBroken: () => void,
): DataChannelWriter {
  const limit = Math.min(defaultLimitBytes, limitBytes || defaultLimitBytes)
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
      // A UTF-16 code unit has at most three bytes, so most frames need not be counted.
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
