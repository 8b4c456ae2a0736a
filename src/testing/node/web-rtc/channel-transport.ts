import type { RTCDataChannel } from 'werift'
import { createEmitter } from '../../../internal/emitter.js'
import type { Transport, TransportEvents } from '../../../transports/transport.js'
import { errorFrame } from '../../emulator/error-frame.js'
import { refusals } from '../../emulator/refusals.js'

/** The server side of a data channel whose audio uses media tracks. It can be opened once. */
export interface ChannelTransport extends Transport {
  /** Closes the transport after the peer connection was lost. */
  lose(): void
}

/** Time limit for the client to close its side of the channel, in milliseconds. */
const farewellMs = 500
/** How long the peer connection stays open after its channel has closed, in milliseconds. */
const graceMs = 200

/** What the server closes first when it ends a WebRTC call. */
export type HangUpBy = 'data-channel' | 'peer-connection'

/** @param hangUp - Closes the peer connection. */
export function channelTransport(
  channel: RTCDataChannel,
  hangUpBy: HangUpBy,
  hangUp: () => Promise<void>,
): ChannelTransport {
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let closing: Promise<void> | undefined

  function end(code: number, reason: string): void {
    const wasOpen = state === 'open'
    state = 'closed'
    if (wasOpen) emitter.emit('close', { code, reason, wasClean: code !== 1006 })
  }

  async function leave(code: number, reason: string): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      const giveUp = setTimeout(resolve, farewellMs)
      channel.addEventListener('close', () => {
        clearTimeout(giveUp)
        resolve()
      })
    })
    if (channel.readyState === 'open' && hangUpBy === 'data-channel') {
      channel.close()
      await closed
      // A browser that loses the connection before it has processed the close of the channel reports a failure.
      await new Promise((resolve) => setTimeout(resolve, graceMs))
    }
    end(code, reason)
    await hangUp()
  }

  channel.addEventListener('message', ({ data }: { data: string | Buffer }) => {
    if (state !== 'open') return
    if (typeof data === 'string') emitter.emit('message', data)
    else channel.send(errorFrame(refusals.binaryFrame()))
  })
  channel.addEventListener('close', () => {
    if (closing) return
    end(1005, '')
    void hangUp()
  })

  return {
    audio: 'media',
    get state() {
      return state
    },
    get bufferedAmount() {
      return channel.bufferedAmount
    },
    async open() {
      if (channel.readyState === 'connecting')
        await new Promise<void>((resolve) => channel.addEventListener('open', () => resolve()))
      state = channel.readyState === 'open' ? 'open' : 'closed'
      if (state === 'open') emitter.emit('open', undefined)
    },
    send(frame) {
      if (state !== 'open' || channel.readyState !== 'open') return
      try {
        channel.send(frame)
      } catch {
        // The frame exceeds the maximum message size of the client.
        channel.send(errorFrame(refusals.internal()))
      }
    },
    close(code = 1000, reason = '') {
      closing ??= leave(code, reason)
      return closing
    },
    on: (type, listener) => emitter.on(type, listener),
    lose: () => end(1006, ''),
  }
}
