import { escapeMarkup } from '../../internal/escape-markup.js'

/** What a new call would have exceeded, or `stopped` after `stop()`. */
export type RefusalReason = 'event-loop-delay' | 'memory' | 'calls' | 'rate' | 'stopped'

/** A refused call, with the reply in each protocol. */
export interface Refusal {
  readonly admitted: false
  readonly reason: RefusalReason
  /** When the caller may try again, in milliseconds. */
  readonly retryAfterMs: number
  /** Reply to the webhook of a Twilio call: TwiML with a busy signal, or with the spoken `busyMessage` and a hang-up. Send it with status 200. */
  readonly twiml: string
  /** Parameters of `rejectCall` for a SIP call: status 503, Service Unavailable. */
  readonly sip: { readonly status_code: 503 }
  /** HTTP response with status 503 and `Retry-After`: `new Response(http.body, http)`, or `response.writeHead(http.status, http.headers).end(http.body)`. */
  readonly http: {
    readonly status: 503
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  /** The same response as text, for the socket of an `upgrade` event: `socket.end(refusal.upgradeResponse)`. */
  readonly upgradeResponse: string
}

const body = 'The server has no capacity for another call. Try again later.'

export function createRefusal(
  reason: RefusalReason,
  { retryAfterMs, busyMessage }: { readonly retryAfterMs: number; readonly busyMessage: string | undefined },
): Refusal {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
  }
  const lines = [...Object.entries(headers), ['connection', 'close'], ['content-length', String(body.length)]]
  return {
    admitted: false,
    reason,
    retryAfterMs,
    twiml: twimlOf(busyMessage),
    sip: { status_code: 503 },
    http: { status: 503, headers, body },
    upgradeResponse: `HTTP/1.1 503 Service Unavailable\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  }
}

function twimlOf(message: string | undefined): string {
  const verbs = message === undefined ? '<Reject reason="busy"/>' : `<Say>${escapeMarkup(message)}</Say><Hangup/>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${verbs}</Response>`
}
