import type { TransportErrorCode } from '../../../src/transports/error.js'
import type { ErrorClassEntry } from './entry.js'

export const transportErrors: ErrorClassEntry<TransportErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    CONNECT_FAILED: {
      when: '`open()` or `session.connect()` rejects with it: the server refused the handshake or the WebRTC call, TLS failed, the network failed, or WebRTC found no network path.',
      fix: 'The message contains advice for the HTTP status. 401: check the API key, or fetch a new client secret. 429: wait `retryAfterMs`, or check the quota. With WebRTC and no status, UDP may be blocked; use `withFallback()` with a WebSocket.',
      example: `import { isTransportError } from 'realtime-primitives'

try {
  await session.connect()
} catch (error) {
  if (!isTransportError(error, 'CONNECT_FAILED')) throw error
  if (error.data.status === 401) console.error('The API key was rejected.')
  else console.error(error.shortMessage)
}`,
    },
    CONNECT_TIMEOUT: {
      when: 'The connection was not open within `connectTimeoutMs` (10 s by default). The time includes functions for the URL, the key, and the microphone.',
      fix: 'Check the URL and the network, and how long your functions take. Raise `connectTimeoutMs` for slow networks.',
    },
    SIGNALING_FAILED: {
      when: '`webRTC()` could not negotiate a connection: `RTCPeerConnection` could not be created, `exchangeSdp` threw or did not return SDP, or the peer connection rejected the answer.',
      fix: 'Read `error.data.phase` and `error.cause`. Check the option `configuration` for `offer`, your server or `exchangeSdp` for `exchange`, and the answer of the server for `answer`.',
    },
    CLOSED: {
      when: '`close()` was called while the transport was opening, or the connection closed before it was open.',
      fix: 'Call `open()` again to continue. Ignore the error if your code closed the transport on purpose.',
    },
    NOT_OPEN: {
      when: '`send()` was called before `open()` resolved or after the transport closed.',
      fix: 'Await `open()`. A session does this for you and queues what you send during a reconnect.',
      example: `await transport.open()
transport.send(JSON.stringify({ type: 'response.create' }))`,
    },
    FRAME_TOO_LARGE: {
      when: '`send()` received a frame above the maximum message size of the WebRTC data channel, for example an image. Nothing was sent, and the call continues.',
      fix: 'Reduce the frame, or send it over a sideband WebSocket connection to the same call. See [WebRTC](../../webrtc.md).',
    },
    RECEIVED_TOO_LARGE: {
      when: 'The server sent a frame above the size limit. The connection was closed with code 1009 to protect memory.',
      fix: 'Check which server you are connected to. Configure it to send smaller frames.',
    },
    SEND_FAILED: {
      when: 'The data channel threw an error when a frame was sent, usually because its buffer is full or it is closing. Nothing was sent.',
      fix: 'Wait until `bufferedAmount` decreases, or open the transport again.',
    },
    REPLACE_TRACK_FAILED: {
      when: '`replaceTrack()` was called with a track that the peer connection does not accept, such as one that has ended.',
      fix: 'Read `error.cause`. Pass a live audio track, or open the transport again.',
    },
    RECONNECT_EXHAUSTED: {
      when: 'A `reconnecting()` transport made all attempts of its policy without success. A running session closes with this error.',
      fix: 'Show the user that the connection is lost and offer to connect again. Raise `maxAttempts` to retry for longer. `error.cause` is the error of the last attempt.',
    },
    INVALID_OPTION: {
      when: 'A transport was created, or one of its methods was called, with an option that is missing, invalid, or in conflict with another one. The key and the URL can also be functions; then `open()` rejects.',
      fix: 'Correct the option that the message names. See [transports](../../transports.md) for all options.',
    },
    KEY_EXPOSED: {
      when: 'A standard API key was passed in a browser, an app, or another runtime whose users can read it. Nothing was sent.',
      fix: 'Create a client secret on your server and pass it to the page. See [server](../../server.md).',
      example: `import { webSocket } from 'realtime-primitives'

const safe = webSocket({
  model: 'gpt-realtime-2.1',
  apiKey: async () => (await fetch('/client-secret')).text(),
})`,
    },
    UNSUPPORTED_RUNTIME: {
      when: 'The runtime has no global `WebSocket` or `RTCPeerConnection`, or cannot set headers on a WebSocket, as in browsers.',
      fix: 'Use another transport or runtime. In browsers, pass `apiKey` instead of `headers`. In Node.js, pass an `RTCPeerConnection` implementation to `webRTC()`.',
    },
  },
}
