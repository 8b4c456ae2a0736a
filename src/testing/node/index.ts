/**
 * Serves the emulator over HTTP, WebSocket, WebRTC, and SIP webhooks.
 *
 * @example
 * ```ts
 * const server = await serve(createEmulator({ apiKey: 'sk-test' }))
 * const session = createSession({ transport: webSocket({ apiKey: 'sk-test', baseUrl: server.httpUrl, model: 'gpt-realtime-2.1' }) })
 * ```
 *
 * @module realtime-primitives/testing/node
 */

export type { AllowedOrigins } from './cross-origin.js'
export { type EmulatorFixtureOptions, emulatorFixture, type ServedEmulator } from './emulator-fixture.js'
export { type EspeakOptions, espeak } from './espeak.js'
export { type LoadedRecording, loadRecording } from './load-recording.js'
export { type EmulatorServer, serve } from './serve.js'
export type { ServeOptions, Upgrade } from './serve-options.js'
export type { SipEnd, SipPhone, SipState } from './sip/phone.js'
export type { DialOptions } from './sip/sip.js'
export type { WebhookTarget } from './sip/webhook-delivery.js'
export type { UpgradeRefusal } from './upgrade-refusal.js'
export { createWebRtcPhone, type WebRtcPhone } from './web-rtc/caller-phone.js'
