/**
 * Server-side functions: client secrets, calls, and webhooks. Requires only `fetch` and WebCrypto.
 *
 * @example
 * ```ts
 * const { value } = await createClientSecret({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } }, { apiKey })
 * ```
 *
 * @module realtime-primitives/server
 */

export {
  acceptCall,
  type CallParams,
  type CreatedCall,
  createCall,
  hangupCall,
  referCall,
  rejectCall,
} from './calls.js'
export { createClientSecret, type TranslationSecretParams } from './client-secrets.js'
export { HttpError, type HttpErrorCode, type HttpErrorData, isHttpError } from './error.js'
export type { ServerOptions } from './options.js'
export { isCallEnded } from './persistence/call-end.js'
export {
  type DurableObjectStorageLike,
  type DurableObjectStoreOptions,
  type DurableObjectTransaction,
  durableObjectStore,
} from './persistence/durable-object-store.js'
export {
  isPersistenceError,
  PersistenceError,
  type PersistenceErrorCode,
  type PersistenceErrorData,
} from './persistence/error.js'
export { type MemoryStoreOptions, memoryStore } from './persistence/memory-store.js'
export {
  holderName,
  type PersistedParts,
  type PersistenceSettings,
  type PersistOptions,
} from './persistence/options.js'
export { type Persistence, type PersistenceEvents, persist } from './persistence/persist.js'
export type { CallRecord, RecordedCall } from './persistence/record.js'
export { type RedisClientLike, type RedisStoreOptions, redisStore } from './persistence/redis-store.js'
export {
  type ResumedCall,
  type ResumedParts,
  type ResumeOptions,
  resume,
  type SavedCall,
} from './persistence/resume.js'
export type {
  CallStore,
  LeaseRequest,
  LeaseResult,
  ListOptions,
  StoredKey,
  StoredRecord,
  WriteRequest,
  WriteResult,
} from './persistence/store.js'
export { isWebhookError, WebhookError, type WebhookErrorCode, type WebhookErrorData } from './webhooks/error.js'
export type { WebhookHeaders } from './webhooks/headers.js'
export { type IncomingCall, readIncomingCall } from './webhooks/incoming-call.js'
export { type ParsedWebhook, parseWebhook, type WebhookEvent } from './webhooks/parse.js'
export {
  createWebhookReceiver,
  type WebhookHandler,
  type WebhookReceiver,
  type WebhookResult,
} from './webhooks/receiver.js'
export { createReplayStore, type ReplayStore, type ReplayStoreOptions } from './webhooks/replay-store.js'
export { type SignedWebhookHeaders, type SignWebhookOptions, signWebhook } from './webhooks/sign.js'
export type { WebhookBody } from './webhooks/signature.js'
export type { SipAddress } from './webhooks/sip-address.js'
export { type VerifyWebhookOptions, verifyWebhook, type WebhookDelivery } from './webhooks/verify.js'
export type { WallClock } from './webhooks/wall-clock.js'
