import {
  createClientSecret,
  createReplayStore,
  isHttpError,
  isWebhookError,
  parseWebhook,
  readIncomingCall,
  rejectCall,
  signWebhook,
} from 'realtime-primitives/server'
import { readTwilioMessage } from 'realtime-primitives/twilio'

/** Results of the functions of `realtime-primitives/server` and `realtime-primitives/twilio` in a runtime. */
export interface ServerApiResult {
  /** A client secret: its prefix, its lifetime in seconds, and the instructions of its session. */
  readonly secret: { readonly prefix: string; readonly seconds: number; readonly instructions: unknown }
  /** Error of a request with an invalid API key. */
  readonly badKey: { readonly status: number; readonly code: string | null; readonly repeatsKey: boolean }
  /** HTTP status for an unknown call. */
  readonly noCall: number
  /** Error code of a request to a closed port. */
  readonly unreachable: string
  /** The caller in a webhook that was signed with the second of two secrets. */
  readonly caller: string | undefined
  /** Error codes of a repeated webhook, a modified one, and an old one. */
  readonly refused: readonly string[]
  /** Kind of a message of a Twilio media stream. */
  readonly twilio: string
}

const body = JSON.stringify({
  type: 'realtime.call.incoming',
  id: 'evt_1',
  created_at: 1,
  data: { call_id: 'rtc_1', sip_headers: [{ name: 'From', value: '<sip:+14155550123@sip.example.com>' }] },
})
const secrets = ['a new secret', 'whsec_YW4gb2xkIHNlY3JldA==']

/** Creates a client secret, sends requests that fail, and signs and verifies webhooks. */
export async function runServerApi(baseUrl: string, apiKey: string): Promise<ServerApiResult> {
  const { value, expires_at, session } = await createClientSecret(
    {
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Be brief.' },
    },
    { baseUrl, apiKey },
  )
  const badKey = await failure(createClientSecret({}, { baseUrl, apiKey: 'sk-of-no-account' }))
  if (!isHttpError(badKey, 'STATUS')) throw badKey
  const noCall = await failure(rejectCall('rtc_none', {}, { baseUrl, apiKey }))
  if (!isHttpError(noCall, 'STATUS')) throw noCall
  const unreachable = await failure(createClientSecret({}, { baseUrl: 'http://127.0.0.1:1/v1', apiKey, maxRetries: 0 }))
  if (!isHttpError(unreachable)) throw unreachable

  const replayStore = createReplayStore()
  const headers = await signWebhook(body, { secrets: 'whsec_YW4gb2xkIHNlY3JldA==' })
  const { event } = await parseWebhook(body, new Headers(headers), { secrets, replayStore })
  if (event.type !== 'realtime.call.incoming') throw new Error('the parsed event has another type')
  const clock = { now: () => Date.now() + 3_600_000 }
  const refused = await Promise.all([
    failure(parseWebhook(body, headers, { secrets, replayStore })),
    failure(parseWebhook(new TextEncoder().encode(`${body} `), headers, { secrets })),
    failure(parseWebhook(body, headers, { secrets, clock })),
  ])
  return {
    secret: {
      prefix: value.slice(0, 3),
      seconds: Math.round(expires_at - Date.now() / 1000),
      instructions: session && 'instructions' in session ? session.instructions : undefined,
    },
    badKey: {
      status: badKey.data.status,
      code: badKey.data.code ?? null,
      repeatsKey: [badKey.message, badKey.stack, JSON.stringify(badKey.data)].some((text) => text?.includes('sk-of')),
    },
    noCall: noCall.data.status,
    unreachable: unreachable.code,
    caller: readIncomingCall(event).caller?.phoneNumber,
    refused: refused.map((error) => (isWebhookError(error) ? error.code : String(error))),
    twilio: readTwilioMessage('{"event":"connected","protocol":"Call","version":"1.0.0"}').kind,
  }
}

/** Returns the error of a rejected promise. */
function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('nothing failed'),
    (error: unknown) => error,
  )
}
