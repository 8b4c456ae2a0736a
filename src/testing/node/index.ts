export { type EmulatorServer, type ServeOptions, serve, type Upgrade, type UpgradeRefusal } from './serve.js'
export type { SipEnd, SipPhone, SipState } from './sip/phone.js'
export type { DialOptions } from './sip/sip.js'
export type { WebhookTarget } from './sip/webhook-delivery.js'
