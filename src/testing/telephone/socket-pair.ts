import type { TwilioSocket } from '../../twilio/socket.js'

type Message = (event: { readonly data: unknown }) => void
type Listener = Message | ((event: object) => void)

/** One end of an in-process socket pair. */
export interface PairedSocket extends TwilioSocket {
  /** Number of listeners. */
  readonly listenerCount: number
}

/** Creates the two ends of an in-process WebSocket. Each end receives the messages of the other one in order, in a later microtask. */
export function socketPair(): readonly [PairedSocket, PairedSocket] {
  const near = createEnd()
  const far = createEnd()
  let isClosed = false

  function endOf(own: End, other: End): PairedSocket {
    return {
      get listenerCount() {
        return own.count
      },
      bufferedAmount: 0,
      addEventListener: (type: string, listener: Listener) => own.add(type, listener),
      removeEventListener: (type: string, listener: Listener) => own.remove(type, listener),
      send(text) {
        if (isClosed) return
        queueMicrotask(() => other.emit('message', { data: text }))
      },
      close() {
        if (isClosed) return
        isClosed = true
        queueMicrotask(() => {
          own.emit('close', {})
          other.emit('close', {})
        })
      },
    }
  }
  return [endOf(near, far), endOf(far, near)]
}

type End = ReturnType<typeof createEnd>

function createEnd() {
  const listeners = new Map<string, Set<Listener>>()
  return {
    get count() {
      return [...listeners.values()].reduce((sum, { size }) => sum + size, 0)
    },
    add(type: string, listener: Listener) {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener))
    },
    remove(type: string, listener: Listener) {
      listeners.get(type)?.delete(listener)
    },
    emit(type: string, event: { readonly data?: unknown }) {
      for (const listener of [...(listeners.get(type) ?? [])]) (listener as (event: object) => void)(event)
    },
  }
}
