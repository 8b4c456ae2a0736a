import { createEmitter } from '../../../internal/emitter.js'
import type { Transport, TransportEvents } from '../../../transports/transport.js'

/** Creates the server side of a telephone, which has audio and no events. Frames are discarded. It can be opened once. */
export function silentTransport(): Transport {
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  return {
    audio: 'media',
    bufferedAmount: 0,
    get state() {
      return state
    },
    async open() {
      state = 'open'
      emitter.emit('open', undefined)
    },
    send() {},
    async close(code = 1000, reason = '') {
      const wasOpen = state === 'open'
      state = 'closed'
      if (wasOpen) emitter.emit('close', { code, reason, wasClean: true })
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
