import type { RealtimeCallIncomingEvent } from '../../protocol/rest.js'
import { readSipAddress, type SipAddress } from './sip-address.js'

/** A SIP call that waits to be accepted, with parsed headers. */
export interface IncomingCall {
  /** Id of the call (`rtc_…`), to accept, reject, or end it. */
  readonly callId: string
  /** Address in `From`. Not authenticated. `undefined` when it cannot be parsed. */
  readonly caller: SipAddress | undefined
  /** Address in `To`. */
  readonly callee: SipAddress | undefined
  /** Headers that start with `X-`, by lower-case name. The first value of repeated headers. */
  readonly customHeaders: Readonly<Record<string, string>>
  /** Returns the first header with this name, in any case. */
  header(name: string): string | undefined
}

/** Compact header names, RFC 3261 section 7.3.3. */
const compactNames: Readonly<Record<string, string>> = { f: 'from', t: 'to', i: 'call-id', m: 'contact', s: 'subject' }

/**
 * Parses the SIP headers of an incoming call.
 *
 * @example
 * ```ts
 * const { caller, customHeaders } = readIncomingCall(event)
 * caller?.phoneNumber // '+14155550123'
 * customHeaders['x-account'] // '42'
 * ```
 */
export function readIncomingCall({ data }: RealtimeCallIncomingEvent): IncomingCall {
  const headers = new Map<string, string>()
  for (const { name, value } of data.sip_headers) {
    const key = fullName(name)
    if (!headers.has(key)) headers.set(key, value)
  }
  return {
    callId: data.call_id,
    caller: readSipAddress(headers.get('from')),
    callee: readSipAddress(headers.get('to')),
    customHeaders: Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-'))),
    header: (name) => headers.get(fullName(name)),
  }
}

function fullName(name: string): string {
  const key = name.trim().toLowerCase()
  return Object.hasOwn(compactNames, key) ? (compactNames[key] ?? key) : key
}
