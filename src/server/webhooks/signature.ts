import { decodeBase64 } from '../../audio/base64.js'
import { WebhookError } from './error.js'

/** Raw body of a request: a string or bytes. */
export type WebhookBody = string | ArrayBuffer | ArrayBufferView

const maxSecrets = 16
const utf8 = /* @__PURE__ */ new TextEncoder()

/** Throws if the runtime lacks WebCrypto. Called first, so that the error does not depend on the request. */
export function assertCrypto(): void {
  const { crypto } = globalThis as { crypto?: Partial<Crypto> }
  if (typeof crypto?.subtle?.importKey !== 'function' || typeof crypto.subtle.sign !== 'function')
    throw new WebhookError('UNSUPPORTED_RUNTIME', { missing: 'crypto.subtle' })
}

/**
 * Decodes secrets to keys: base64 after `whsec_`, or the UTF-8 bytes of any other string.
 * @throws {WebhookError} `INVALID_OPTION` with the position of an invalid secret, not its value.
 */
export function keysOf(secrets: string | readonly string[]): Uint8Array<ArrayBuffer>[] {
  if (typeof secrets === 'string') return [keyOf(secrets, 'secrets')]
  if (!Array.isArray(secrets) || secrets.length === 0 || secrets.length > maxSecrets)
    return throwInvalid('secrets', `must be the signing secret of the webhook, or a list of 1 to ${maxSecrets}`)
  return secrets.map((secret, index) => keyOf(secret, `secrets[${index}]`))
}

function keyOf(secret: unknown, option: string): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' || secret === '')
    return throwInvalid(option, 'must be a string that is not empty; set it from your configuration')
  if (!secret.startsWith('whsec_')) {
    if (secret.trim() === secret) return utf8.encode(secret)
    return throwInvalid(option, 'must not start or end with whitespace; check for a line break')
  }
  const key = decoded(secret.slice('whsec_'.length))
  if (key === undefined || key.length === 0)
    return throwInvalid(option, 'must be base64 after "whsec_"; copy the complete secret')
  return key
}

/** Returns the bytes of a body without copying them. */
export function bytesOf(body: WebhookBody): Uint8Array {
  if (typeof body === 'string') return utf8.encode(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  // ArrayBuffers of another realm, as in test runners and sandboxes, fail `instanceof`.
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body)
  return throwInvalid('rawBody', 'must be the raw text or bytes of the request; a parsed body cannot be verified')
}

/** Returns the signed content: id, timestamp, and body, joined by dots. */
export function signedBytes(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = utf8.encode(`${id}.${timestamp}.`)
  const all = new Uint8Array(prefix.length + body.length)
  all.set(prefix)
  all.set(body, prefix.length)
  return all
}

/** Computes an HMAC with SHA-256 (32 bytes). */
export async function hmac(key: Uint8Array<ArrayBuffer>, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, content))
}

/** Parses the `v1` signatures of a header: `v1,` and 32 bytes in base64, separated by spaces. Ignores others. */
export function signaturesIn(header: string): Uint8Array[] {
  return header.split(' ').flatMap((entry) => {
    const signature = entry.startsWith('v1,') ? decoded(entry.slice(3)) : undefined
    return signature?.length === 32 ? [signature] : []
  })
}

/** Compares two signatures in constant time. */
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

function throwInvalid(option: string, problem: string): never {
  throw new WebhookError('INVALID_OPTION', { option, problem })
}
