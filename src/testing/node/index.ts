export { type EmulatorServer, type ServeOptions, serve, type Upgrade, type UpgradeRefusal } from './serve.js'
export type { WebhookTarget } from './sip/deliver.js'
export type { SipEnd, SipPhone, SipState } from './sip/phone.js'
export type { DialOptions } from './sip/sip.js'
