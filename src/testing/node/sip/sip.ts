import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { createId } from '../../../internal/id.js'
import { checker } from '../../../protocol/check.js'
import {
  CallAcceptParams,
  CallReferParams,
  CallRejectParams,
  type RealtimeCallIncomingEvent,
} from '../../../protocol/rest.js'
import type { Check } from '../../../protocol/rule.js'
import type { SessionConfig } from '../../../protocol/session.js'
import { keysOf } from '../../../server/webhooks/signature.js'
import { isLoopback } from '../../../transports/endpoint.js'
import { TransportError } from '../../../transports/error.js'
import type { Emulator } from '../../emulator/emulator.js'
import { refusalOf } from '../../emulator/problem-message.js'
import { refusals } from '../../emulator/refusals.js'
import { keyOf, modelOf, selectionOf } from '../connect-request.js'
import { errorResponse, type HttpResponse } from '../http-response.js'
import { createSipCall, type SipCall } from './call.js'
import type { SipPhone } from './phone.js'
import { type Delivery, deliver, type WebhookTarget } from './webhook-delivery.js'

/** Options of an incoming call. */
export interface DialOptions {
  /** The endpoint that receives `realtime.call.incoming`. */
  readonly webhook: WebhookTarget
  /** @defaultValue 'sip:+14155550100@sip.example.com' */
  readonly from?: string
  /** @defaultValue 'sip:+18005550199@sip.example.com' */
  readonly to?: string
  /** Additional SIP headers, such as `{ 'X-Account': '42' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * How long the call rings before it times out, in milliseconds on the emulator's clock.
   * @defaultValue 60_000
   */
  readonly ringMs?: number
}

/** The SIP calls of a server. */
export interface SipCalls {
  /** Starts an incoming call. */
  dial(options: DialOptions): SipPhone
  /** Returns whether a call is ringing or active. */
  has(id: string): boolean
  accept(request: IncomingMessage, id: string, body: Buffer): HttpResponse
  reject(request: IncomingMessage, id: string, body: Buffer): HttpResponse
  refer(request: IncomingMessage, id: string, body: Buffer): HttpResponse
  hangUp(request: IncomingMessage, id: string): HttpResponse
  /** Ends all calls. */
  close(): void
}

const checks = {
  accept: checker(CallAcceptParams),
  reject: checker(CallRejectParams),
  refer: checker(CallReferParams),
}
const done: HttpResponse = { status: 200, headers: {}, body: '' }

export function createSipCalls(emulator: Emulator): SipCalls {
  const live = new Map<string, SipCall>()
  const deliveries = new Set<Delivery>()

  /** Returns the call that a request refers to, or the error response. */
  function find(request: IncomingMessage, id: string): SipCall | HttpResponse {
    const key = keyOf(request)
    if (!emulator.acceptsKey(key)) return errorResponse(401, key ? refusals.invalidKey() : refusals.missingKey())
    return live.get(id) ?? errorResponse(404, refusals.unknownCallId(id))
  }

  function ringing(request: IncomingMessage, id: string): SipCall | HttpResponse {
    const call = find(request, id)
    return 'status' in call || call.phone.state === 'ringing' ? call : errorResponse(409, refusals.callAnswered(id))
  }

  function running(request: IncomingMessage, id: string): SipCall | HttpResponse {
    const call = find(request, id)
    return 'status' in call || call.phone.state !== 'ringing' ? call : errorResponse(409, refusals.callNotAnswered(id))
  }

  return {
    dial({ webhook, from, to, headers = {}, ringMs = 60_000 }) {
      if (!URL.canParse(webhook.url) || !isLoopback(new URL(webhook.url)))
        throw new TransportError('INVALID_OPTION', {
          option: 'webhook.url',
          problem: 'must be an address of this machine, such as "http://127.0.0.1:8080/webhook"',
        })
      // Throws here if a secret is invalid, because every delivery would fail.
      keysOf(webhook.secrets)
      const callId = createId('rtc')
      const call = createSipCall({
        callId,
        clock: emulator.clock,
        ringMs,
        onEnd: () => live.delete(callId),
      })
      live.set(callId, call)
      const sipHeaders = {
        From: from ?? 'sip:+14155550100@sip.example.com',
        To: to ?? 'sip:+18005550199@sip.example.com',
        'Call-ID': crypto.randomUUID(),
        ...headers,
      }
      const delivery = deliver(incomingCall(callId, sipHeaders), webhook, {
        clock: emulator.clock,
        onAnswer: call.recordDelivery,
        onDone: () => deliveries.delete(delivery),
      })
      deliveries.add(delivery)
      void call.phone.ended.then(delivery.stop)
      return call.phone
    },
    has: (id) => live.has(id),
    accept(request, id, body) {
      const call = ringing(request, id)
      if ('status' in call) return call
      const read = readBody(body, checks.accept)
      if ('status' in read) return read
      const session = read.params as SessionConfig
      const answered = emulator.answerCall({ ...selectionOf(request), ...modelOf(request, session), session }, id)
      if ('refusal' in answered) return errorResponse(answered.status, answered.refusal)
      void call.answer(answered)
      return done
    },
    reject(request, id, body) {
      const call = ringing(request, id)
      if ('status' in call) return call
      const read = readBody(body, checks.reject)
      if ('status' in read) return read
      const { status_code: statusCode = 603 } = read.params as CallRejectParams
      // RFC 3261: a status below 300 does not reject a call.
      if (statusCode < 300 || statusCode > 699) {
        const problem = `expected a SIP status from 300 to 699, but got ${statusCode} instead.`
        return errorResponse(400, refusals.outOfBounds('status_code', 'invalid_value', problem))
      }
      call.end({ state: 'rejected', statusCode })
      return done
    },
    refer(request, id, body) {
      const call = running(request, id)
      if ('status' in call) return call
      const read = readBody(body, checks.refer)
      if ('status' in read) return read
      const { target_uri: targetUri } = read.params as CallReferParams
      if (!/^(tel|sips?):\S+$/i.test(targetUri)) {
        const problem = "expected a URI that begins with 'tel:', 'sip:' or 'sips:'."
        return errorResponse(400, refusals.outOfBounds('target_uri', 'invalid_value', problem))
      }
      call.end({ state: 'referred', targetUri })
      return done
    },
    hangUp(request, id) {
      const call = running(request, id)
      if ('status' in call) return call
      call.end({ state: 'ended', by: 'api' })
      return done
    },
    close() {
      for (const call of [...live.values()]) call.end({ state: 'ended', by: 'service' })
      for (const delivery of [...deliveries]) delivery.abort()
    },
  }
}

function incomingCall(callId: string, headers: Readonly<Record<string, string>>): RealtimeCallIncomingEvent {
  return {
    object: 'event',
    id: createId('evt'),
    type: 'realtime.call.incoming',
    created_at: Math.floor(Date.now() / 1000),
    data: { call_id: callId, sip_headers: Object.entries(headers).map(([name, value]) => ({ name, value })) },
  }
}

/** Parses and validates a body. An empty body counts as an empty object. */
function readBody(body: Buffer, check: Check): { readonly params: object } | HttpResponse {
  let params: object
  try {
    params = JSON.parse(Buffer.from(body).toString() || '{}')
  } catch {
    return errorResponse(400, refusals.invalidJsonBody())
  }
  const problem = check(params)
  return problem ? errorResponse(400, refusalOf(problem, params)) : { params }
}
