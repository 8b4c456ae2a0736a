import { isLoopback } from './endpoint.js'
import { TransportError } from './error.js'
import type { ParsedUrl } from './url.js'

/** An API key, or a function that returns one for each connection. */
export type ApiKey = string | (() => string | Promise<string>)

/** Options for authentication. */
export interface Credentials {
  /**
   * A standard key (on servers) or a client secret `ek_…` (anywhere). A function is called for each connection. The key never appears in an
   * error, a log, or an inspection of the transport.
   */
  apiKey?: ApiKey
  /**
   * Allows a standard key in a browser. Every visitor of the page can then read the key and use your account.
   * @defaultValue false
   */
  allowStandardKeyInBrowser?: boolean
  /**
   * Kind of `apiKey`. `client-secret` is a short-lived token for use in a page: set it when a gateway issues tokens that do not begin with
   * `ek_`. `standard` is a key for servers.
   * @defaultValue 'client-secret' for a value that begins with `ek_`, 'standard' otherwise
   */
  keyKind?: KeyKind
}

/** Kind of credential. */
export type KeyKind = 'client-secret' | 'standard'

/**
 * Validates the option `keyKind`.
 * @throws {TransportError} `INVALID_OPTION`.
 */
export function assertKeyKind(keyKind: unknown): void {
  if (keyKind === undefined || keyKind === 'client-secret' || keyKind === 'standard') return
  throw new TransportError('INVALID_OPTION', { option: 'keyKind', problem: 'must be "client-secret" or "standard"' })
}

/** Returns whether a credential is a client secret, by the option `keyKind` or by its prefix. */
export function isClientSecret(key: string, keyKind: KeyKind | undefined): boolean {
  return keyKind === undefined ? key.startsWith('ek_') : keyKind === 'client-secret'
}

/**
 * Returns the key after checking that it can be used safely.
 * @throws {TransportError} `KEY_EXPOSED` for a standard key in a browser, `INVALID_OPTION` when it is missing, malformed, or would
 *   be sent over a network in clear text. An error of a key function is rethrown unchanged.
 */
export async function resolveApiKey(
  credentials: Credentials,
  url: Pick<ParsedUrl, 'protocol' | 'hostname'>,
): Promise<string | undefined> {
  const { apiKey } = credentials
  if (apiKey === undefined) {
    if (url.hostname === 'api.openai.com') reject('is missing; pass a client secret, or a standard key on a server')
    return undefined
  }
  if (url.protocol === 'ws:' && !isLoopback(url))
    reject('would be sent over the network in clear text; use a "wss:" URL')
  const runtime = publicRuntime()
  // A key is checked before a socket exists.
  const key = typeof apiKey === 'function' ? await apiKey() : apiKey
  const variable = 'check that the variable it is read from is set'
  if (key === undefined || key === null) reject(`is missing, because its function returned none; ${variable}`)
  if (typeof key === 'string' && key.trim() === '') reject(`is empty; ${variable}`)
  // White space and control characters are invalid in headers and subprotocols.
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key))
    reject('must be a string of printable ASCII characters without spaces; check for a stray line break')
  if (
    runtime !== undefined &&
    !isClientSecret(key, credentials.keyKind) &&
    credentials.allowStandardKeyInBrowser !== true
  )
    throw new TransportError('KEY_EXPOSED', { runtime })
  return key
}

/** Returns the kind of runtime whose visitors could read a key, or `undefined` on a server. */
function publicRuntime(): string | undefined {
  const host = globalThis as { window?: { document?: unknown }; WorkerGlobalScope?: unknown; importScripts?: unknown }
  if (host.window?.document !== undefined) return 'browser'
  const isServer = ['process', 'Deno', 'Bun', 'WebSocketPair', 'EdgeRuntime'].some((name) => name in globalThis)
  if (!isServer && typeof host.WorkerGlobalScope === 'function' && typeof host.importScripts === 'function')
    return 'browser worker'
  return undefined
}

function reject(problem: string): never {
  throw new TransportError('INVALID_OPTION', { option: 'apiKey', problem })
}
