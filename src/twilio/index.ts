/**
 * Telephone calls over Twilio Media Streams and similar protocols: message schemas, and a bridge to a session.
 *
 * @example
 * ```ts
 * server.on('connection', (socket) => {
 *   const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 *   bridgeTwilio(socket, session)
 * })
 * ```
 *
 * @module realtime-primitives/twilio
 */

export { type AcceptedStream, type AcceptStreamOptions, acceptStream } from './accept-stream.js'
export { bridgeTwilio } from './bridge.js'
export { type BunServerSocket, type BunSocketHandlers, bunSockets } from './bun-sockets.js'
export { type JsonObject, plivo, type TwilioDialect, telnyx, twilio } from './dialect.js'
export { isTwilioError, TwilioError, type TwilioErrorCode, type TwilioErrorData } from './error.js'
export type { TwilioBridge, TwilioBridgeEvents, TwilioCall, TwilioStop } from './events.js'
export { type ReadTwilioMessage, readTwilioMessage } from './message-reader.js'
export * from './messages.js'
export type { TwilioBridgeOptions } from './options.js'
export type { TwilioSocket } from './socket.js'
export { type ConnectStreamOptions, connectStream, hangUp } from './twiml.js'
