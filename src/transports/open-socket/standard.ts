import { decodeUtf8 } from '../../internal/utf8.js'
import { httpRefusal, type Socket, type SocketHandlers, type SocketRefusal, sendIfOpen } from './socket.js'

/** What Bun's sockets can do beyond the web platform. */
type PingingSocket = WebSocket & { ping?: () => void }

/** Connects a WebSocket of the web platform, in whatever state it is, to the handlers. */
export function attachStandardSocket(socket: PingingSocket, handlers: SocketHandlers): Socket {
  let phase: 'opening' | 'open' | 'ended' = socket.readyState === WebSocket.OPEN ? 'open' : 'opening'
  const undo: (() => void)[] = []
  socket.binaryType = 'arraybuffer'

  // Not every runtime knows the option `signal` of addEventListener; React Native did not for long.
  function listen<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
  ) {
    socket.addEventListener(type, listener)
    undo.push(() => socket.removeEventListener(type, listener))
  }

  function unlisten(): void {
    for (const remove of undo.splice(0)) remove()
  }

  listen('open', () => {
    phase = 'open'
    handlers.onOpen()
  })
  listen('message', ({ data }) => {
    handlers.onMessage(typeof data === 'string' ? data : decodeUtf8(data as ArrayBuffer))
  })
  listen('pong' as 'message', () => handlers.onPong())
  // The event does not contain the reason. The close that follows tells whether the socket was open.
  listen('error', () => {})
  listen('close', ({ code, reason }) => {
    const wasOpen = phase === 'open'
    phase = 'ended'
    unlisten()
    // React Native never sets `wasClean`.
    if (wasOpen) handlers.onClose({ code, reason: reason ?? '', wasClean: code !== 1006 })
    else handlers.onRefused(refusalOf(reason))
  })

  return {
    get bufferedAmount() {
      // React Native does not count it.
      return socket.bufferedAmount ?? 0
    },
    send: (frame) => sendIfOpen(socket, frame),
    close: (code, reason) => socket.close(code, reason),
    // Sockets of React Native have `ping` too, but no `pong` event: every silence would end the connection.
    ...('Bun' in globalThis && typeof socket.ping === 'function' ? { ping: () => socket.ping?.() } : {}),
    abandon() {
      phase = 'ended'
      unlisten()
      try {
        socket.close()
      } catch {
        // A socket that never opened has nothing to close.
      }
    },
  }
}

/** Returns why a handshake failed. Browsers do not say; React Native names the HTTP status in the reason of the close. */
function refusalOf(reason: string | undefined): SocketRefusal {
  const status = /(?:code from server: |response but was ')(\d{3})\b/.exec(reason ?? '')?.[1]
  return status === undefined
    ? { reason: 'the handshake failed; the runtime does not say why' }
    : httpRefusal(Number(status), undefined)
}
