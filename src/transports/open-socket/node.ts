import { type Buffer, isAscii } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { createSharedGetter } from '../../internal/shared-getter.js'
import { type ConnectionRefusal, networkRefusal, upgradeRefusal } from '../connection-refusal.js'
import { TransportError } from '../error.js'
import type { TransportClose } from '../transport.js'
import type { OpenSocket } from './socket.js'
import { writeTextFrame } from './text-frame.js'

// An audio delta can be far larger than the 100 MiB that `ws` allows by default.
const maxFrameBytes = 256 * 1024 * 1024

/** Opens a socket in Node.js with `ws`. Credentials are sent in headers, and redirects are not followed. */
export const openSocket: OpenSocket = (request, handlers) => {
  const headers: Record<string, string> = { ...request.headers }
  const hasAuthorization = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (request.apiKey !== undefined && !hasAuthorization) headers.Authorization = `Bearer ${request.apiKey}`
  const socket = new WebSocket(request.url.href, ['realtime'], {
    headers,
    followRedirects: false,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
  })
  let phase: 'opening' | 'open' | 'ended' = 'opening'
  let failure: ConnectionRefusal | undefined
  let stream: Duplex | undefined

  socket.on('upgrade', (response) => {
    stream = response.socket
  })
  socket.on('open', () => {
    if (phase !== 'opening') return
    phase = 'open'
    handlers.onOpen()
  })
  socket.on('message', (data) => {
    if (phase === 'open') handlers.onMessage(textOf(data as Buffer))
  })
  socket.on('pong', () => {
    if (phase === 'open') handlers.onPong()
  })
  socket.on('unexpected-response', (handshake, response) => {
    if (phase !== 'opening') return
    phase = 'ended'
    handshake.destroy()
    handlers.onRefused(upgradeRefusal(response.statusCode ?? 0, response.headers['retry-after']))
  })
  socket.on('error', (error: Error & { code?: string }) => {
    failure = networkRefusal(error.code)
    if (phase !== 'open' || !tooLargeCodes.has(error.code)) return
    // `ws` has sent a close frame with 1009. It would wait up to 30 s for the peer, and then report 1006.
    phase = 'ended'
    socket.terminate()
    handlers.onClose(tooLarge())
  })
  socket.on('close', (code, reason) => {
    if (phase === 'ended') return
    const wasOpen = phase === 'open'
    phase = 'ended'
    if (wasOpen) handlers.onClose({ code, reason: reason.toString(), wasClean: code !== 1006 })
    else handlers.onRefused(failure ?? { reason: 'the connection ended during the handshake' })
  })

  return addBufferedAmount(
    {
      send(frame: string) {
        if (socket.readyState !== socket.OPEN || !stream) return false
        writeTextFrame(stream, frame)
        return true
      },
      close: (code: number, reason: string) => socket.close(code, reason),
      ping: () => socket.ping(),
      abandon() {
        phase = 'ended'
        socket.terminate()
      },
    },
    socket,
  )
}

const addBufferedAmount = /* @__PURE__ */ createSharedGetter(
  'bufferedAmount',
  ({ bufferedAmount }: WebSocket) => bufferedAmount,
)

/** Returns the text of a frame. Nearly all frames are ASCII, and Node.js decodes Latin-1 in half the time of UTF-8. */
function textOf(data: Buffer): string {
  return data.toString(isAscii(data) ? 'latin1' : 'utf8')
}

/** Error codes of `ws` for a frame above `maxPayload`, and for one whose length exceeds `Number.MAX_SAFE_INTEGER`. */
const tooLargeCodes = new Set<string | undefined>([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
])

function tooLarge(): TransportClose {
  const error = new TransportError('RECEIVED_TOO_LARGE', { limitBytes: maxFrameBytes })
  return { code: 1009, reason: `a frame of more than ${maxFrameBytes} bytes`, wasClean: false, error }
}
