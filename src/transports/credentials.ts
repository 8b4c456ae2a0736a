import type { Address } from './address.js'
import { isLoopback } from './endpoint.js'
import { TransportError } from './error.js'

/** A key, or a function that fetches a fresh one for each connection. */
export type ApiKey = string | (() => string | Promise<string>)

/** Who may use which key where. */
export interface Credentials {
  /**
   * A standard key (on servers) or a client secret `ek_…` (anywhere). A function is called for each connection. It never appears in an
   * error, a log or an inspection of the transport.
   */
  apiKey?: ApiKey
  /**
   * Lets a standard key be used in a browser. Whoever can open the page can then read the key and spend with it.
   * @default false
   */
  allowStandardKeyInBrowser?: boolean
  /**
   * What kind of credential `apiKey` is. `client-secret` is a short-lived token that a page may hold: set it when a gateway issues tokens that
   * do not begin with `ek_`. `standard` is a key that belongs on a server.
   * @default 'client-secret' for a value that begins with `ek_`, 'standard' otherwise
   */
  keyKind?: KeyKind
}

/** The kinds of credentials. */
export type KeyKind = 'client-secret' | 'standard'

/**
 * Checks the option `keyKind`.
 * @throws {TransportError} `INVALID_OPTION`.
 */
export function assertKeyKind(keyKind: unknown): void {
  if (keyKind === undefined || keyKind === 'client-secret' || keyKind === 'standard') return
  throw new TransportError('INVALID_OPTION', { option: 'keyKind', problem: 'must be "client-secret" or "standard"' })
}

/** Whether a credential is a client secret, by the option `keyKind` or by its prefix. */
export function isClientSecret(key: string, keyKind: KeyKind | undefined): boolean {
  return keyKind === undefined ? key.startsWith('ek_') : keyKind === 'client-secret'
}

/**
 * Fetches the key and refuses to use it where it would leak.
 * @throws {TransportError} `KEY_EXPOSED` for a standard key in a browser, `INVALID_OPTION` when it is missing, malformed, or would
 *   cross a network in clear text. What a key function throws is passed on as it is.
 */
export async function resolveApiKey(
  credentials: Credentials,
  url: Pick<Address, 'protocol' | 'hostname'>,
): Promise<string | undefined> {
  const { apiKey } = credentials
  if (apiKey === undefined) {
    if (url.hostname === 'api.openai.com') refuse('is missing; pass a client secret, or a standard key on a server')
    return undefined
  }
  if (url.protocol === 'ws:' && !isLoopback(url)) refuse('would cross the network in clear text; use a "wss:" address')
  const runtime = exposedRuntime()
  // A literal key is judged before anything asynchronous happens, and a fetched one before a socket exists.
  const key = typeof apiKey === 'function' ? await apiKey() : apiKey
  const variable = 'check that the variable it is read from, such as OPENAI_API_KEY, is set'
  if (key === undefined || key === null) refuse(`is missing, because its function returned none; ${variable}`)
  if (typeof key === 'string' && key.trim() === '') refuse(`is empty; ${variable}`)
  // Header and subprotocol syntax both end a value at white space or a control character.
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key))
    refuse('must be a string of printable ASCII characters without spaces; check for a stray line break')
  if (
    runtime !== undefined &&
    !isClientSecret(key, credentials.keyKind) &&
    credentials.allowStandardKeyInBrowser !== true
  )
    throw new TransportError('KEY_EXPOSED', { runtime })
  return key
}

/** The name of the place whose visitors could read a key, or undefined on a server. */
function exposedRuntime(): string | undefined {
  const host = globalThis as { window?: { document?: unknown }; WorkerGlobalScope?: unknown; importScripts?: unknown }
  if (host.window?.document !== undefined) return 'browser'
  const isServer = ['process', 'Deno', 'Bun', 'WebSocketPair', 'EdgeRuntime'].some((name) => name in globalThis)
  if (!isServer && typeof host.WorkerGlobalScope === 'function' && typeof host.importScripts === 'function')
    return 'browser worker'
  return undefined
}

function refuse(problem: string): never {
  throw new TransportError('INVALID_OPTION', { option: 'apiKey', problem })
}
