import { type Socket, type SocketHandlers, sendIfOpen } from './socket.js'

/** What Bun's sockets can do beyond the web platform. */
type PingingSocket = WebSocket & { ping?: () => void }

/** Wires a WebSocket of the web platform, in whatever state it is, to the handlers. */
export function attachStandardSocket(socket: PingingSocket, handlers: SocketHandlers): Socket {
  let phase: 'opening' | 'open' | 'ended' = socket.readyState === WebSocket.OPEN ? 'open' : 'opening'
  const decoder = new TextDecoder()
  const listening = new AbortController()
  const { signal } = listening
  socket.binaryType = 'arraybuffer'

  socket.addEventListener(
    'open',
    () => {
      phase = 'open'
      handlers.onOpen()
    },
    { signal },
  )
  socket.addEventListener(
    'message',
    ({ data }) => {
      handlers.onMessage(typeof data === 'string' ? data : decoder.decode(data as ArrayBuffer))
    },
    { signal },
  )
  socket.addEventListener('pong', () => handlers.onPong(), { signal })
  // The platform says nothing of what went wrong; the close that follows says whether the socket was open.
  socket.addEventListener('error', () => {}, { signal })
  socket.addEventListener(
    'close',
    ({ code, reason, wasClean }) => {
      const wasOpen = phase === 'open'
      phase = 'ended'
      listening.abort()
      if (wasOpen) handlers.onClose({ code, reason, wasClean })
      else handlers.onRefused({ reason: 'the handshake failed; the runtime does not say why' })
    },
    { signal },
  )

  return {
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    send: (frame) => sendIfOpen(socket, frame),
    close: (code, reason) => socket.close(code, reason),
    ...(typeof socket.ping === 'function' ? { ping: () => socket.ping?.() } : {}),
    abandon() {
      phase = 'ended'
      listening.abort()
      try {
        socket.close()
      } catch {
        // A socket that never opened has nothing to close.
      }
    },
  }
}
