import { upgradeRefusal } from '../connection-refusal.js'
import type { OpenSocket, Socket } from './socket.js'
import { attachStandardSocket } from './standard.js'

interface UpgradedResponse extends Response {
  readonly webSocket: (WebSocket & { accept(): void }) | null
}

/** Opens a socket in Cloudflare Workers: a fetch that upgrades, because only `fetch` can set headers there. */
export const openSocket: OpenSocket = ({ url, apiKey, headers }, handlers) => {
  const target = new URL(url.href)
  target.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  const abort = new AbortController()
  let socket: Socket | undefined

  async function upgrade(): Promise<void> {
    const response = (await fetch(target, {
      headers: {
        ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
        ...headers,
        Upgrade: 'websocket',
        'Sec-WebSocket-Protocol': 'realtime',
      },
      redirect: 'manual',
      signal: abort.signal,
    })) as UpgradedResponse
    if (abort.signal.aborted) return
    if (response.webSocket === null || response.webSocket === undefined) {
      handlers.onRefused(upgradeRefusal(response.status, response.headers.get('Retry-After')))
      return
    }
    socket = attachStandardSocket(response.webSocket, handlers)
    response.webSocket.accept()
    handlers.onOpen()
  }
  upgrade().catch(() => {
    if (!abort.signal.aborted) handlers.onRefused({ reason: 'the request failed; check the URL' })
  })

  return {
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    send: (frame) => socket?.send(frame) ?? false,
    close: (code, reason) => socket?.close(code, reason),
    abandon() {
      abort.abort()
      socket?.abandon()
    },
  }
}
