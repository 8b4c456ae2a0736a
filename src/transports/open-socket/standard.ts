import { decodeUtf8 } from '../../internal/utf8.js'
import { type ConnectionRefusal, upgradeRefusal } from '../connection-refusal.js'
import { type Socket, type SocketHandlers, sendIfOpen } from './socket.js'

/** Sockets of Bun have `ping`, which the web platform lacks. */
type PingingSocket = WebSocket & { ping?: () => void }

/** Attaches handlers to a WebSocket of the web platform that is connecting or open. */
export function attachStandardSocket(socket: PingingSocket, handlers: SocketHandlers): Socket {
  let phase: 'opening' | 'open' | 'ended' = socket.readyState === WebSocket.OPEN ? 'open' : 'opening'
  const unsubscribe: (() => void)[] = []
  socket.binaryType = 'arraybuffer'

  // Older versions of React Native ignore the option `signal` of addEventListener.
  function listen<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => void,
  ) {
    socket.addEventListener(type, listener)
    unsubscribe.push(() => socket.removeEventListener(type, listener))
  }

  function unlisten(): void {
    for (const remove of unsubscribe.splice(0)) remove()
  }

  listen('open', () => {
    phase = 'open'
    handlers.onOpen()
  })
  listen('message', ({ data }) => {
    handlers.onMessage(typeof data === 'string' ? data : decodeUtf8(data as ArrayBuffer))
  })
  listen('pong' as 'message', () => handlers.onPong())
  // The event does not contain the reason. The close event follows.
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
      // Undefined in React Native.
      return socket.bufferedAmount ?? 0
    },
    send: (frame) => sendIfOpen(socket, frame),
    close: (code, reason) => socket.close(code, reason),
    // Sockets of React Native have `ping` but emit no `pong`, so every heartbeat would time out.
    ...('Bun' in globalThis && typeof socket.ping === 'function' ? { ping: () => socket.ping?.() } : {}),
    abandon() {
      phase = 'ended'
      unlisten()
      try {
        socket.close()
      } catch {
        // Some runtimes throw for a socket that never opened.
      }
    },
  }
}

/** Returns why a handshake failed. Browsers give no reason. React Native puts the HTTP status into the close reason. */
function refusalOf(reason: string | undefined): ConnectionRefusal {
  const status = /(?:code from server: |response but was ')(\d{3})\b/.exec(reason ?? '')?.[1]
  return status === undefined
    ? { reason: 'the handshake failed; the runtime reports no reason' }
    : upgradeRefusal(Number(status), undefined)
}
