import type { RealtimeCallIncomingEvent } from '../../protocol/rest.js'
import { readSipAddress, type SipAddress } from './sip-address.js'

/** A SIP call that waits, with its headers made easy to read. */
export interface IncomingCall {
  /** `rtc_…`: what accepts, rejects and ends it. */
  readonly callId: string
  /** Who calls, as `From` claims; undefined when it says nothing that can be read. */
  readonly caller: SipAddress | undefined
  /** Who is called, as `To` says. */
  readonly callee: SipAddress | undefined
  /** The headers whose names begin with `X-`, by their names in lower case; of several with one name, the first. */
  readonly customHeaders: Readonly<Record<string, string>>
  /** The first header of this name, in any case; `undefined` when there is none. */
  header(name: string): string | undefined
}

/** RFC 3261 section 7.3.3: names that may be written with one letter. */
const compactNames: Readonly<Record<string, string>> = { f: 'from', t: 'to', i: 'call-id', m: 'contact', s: 'subject' }

/**
 * Reads the SIP headers of a call that comes in.
 *
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
