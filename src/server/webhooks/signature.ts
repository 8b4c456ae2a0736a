import { decodeBase64 } from '../../audio/base64.js'
import { WebhookError } from './error.js'

/** The body of a request as it came: the text, or the bytes in any form that frameworks have. */
export type WebhookBody = string | ArrayBuffer | ArrayBufferView

const maxSecrets = 16
const utf8 = /* @__PURE__ */ new TextEncoder()

/** Whether the runtime can sign; asked first, so that its answer does not depend on the request. */
export function assertCrypto(): void {
  const { crypto } = globalThis as { crypto?: Partial<Crypto> }
  if (typeof crypto?.subtle?.importKey !== 'function' || typeof crypto.subtle.sign !== 'function')
    throw new WebhookError('UNSUPPORTED_RUNTIME', { missing: 'crypto.subtle' })
}

/**
 * The keys that secrets stand for: `whsec_` and base64, or any other text as it is.
 * @throws {WebhookError} `INVALID_OPTION` says which one cannot be a secret, and not what it is.
 */
export function keysOf(secrets: string | readonly string[]): Uint8Array<ArrayBuffer>[] {
  if (typeof secrets === 'string') return [keyOf(secrets, 'secrets')]
  if (!Array.isArray(secrets) || secrets.length === 0 || secrets.length > maxSecrets)
    return refuse('secrets', `must be the signing secret of the webhook, or a list of 1 to ${maxSecrets}`)
  return secrets.map((secret, index) => keyOf(secret, `secrets[${index}]`))
}

function keyOf(secret: unknown, option: string): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' || secret === '')
    return refuse(option, 'must be text that is not empty; set it from your configuration')
  if (!secret.startsWith('whsec_')) {
    if (secret.trim() === secret) return utf8.encode(secret)
    return refuse(option, 'must not begin or end with white space; check for a stray line break')
  }
  const key = decoded(secret.slice('whsec_'.length))
  if (key === undefined || key.length === 0) return refuse(option, 'must be base64 after "whsec_"; copy all of it')
  return key
}

/** The bytes of a body, without a copy. */
export function bytesOf(body: WebhookBody): Uint8Array {
  if (typeof body === 'string') return utf8.encode(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  // Test runners and sandboxes have an ArrayBuffer of their own, which `instanceof` does not know.
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body)
  return refuse(
    'rawBody',
    'must be the text or the bytes of the request as they came; a parsed body cannot be verified',
  )
}

/** What is signed: id, timestamp and body, joined by dots. */
export function signedBytes(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = utf8.encode(`${id}.${timestamp}.`)
  const all = new Uint8Array(prefix.length + body.length)
  all.set(prefix)
  all.set(body, prefix.length)
  return all
}

/** HMAC with SHA-256: 32 bytes. */
export async function hmac(key: Uint8Array<ArrayBuffer>, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, content))
}

/** The signatures of a header that could be ours: `v1,` and 32 bytes in base64, apart by spaces. Others are passed over. */
export function signaturesIn(header: string): Uint8Array[] {
  return header.split(' ').flatMap((entry) => {
    const signature = entry.startsWith('v1,') ? decoded(entry.slice(3)) : undefined
    return signature?.length === 32 ? [signature] : []
  })
}

/** Whether two signatures are the same; it takes as long where they differ as where they do not. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < 32; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

function decoded(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return decodeBase64(text)
  } catch {
    return undefined
  }
}

function refuse(option: string, problem: string): never {
  throw new WebhookError('INVALID_OPTION', { option, problem })
}
