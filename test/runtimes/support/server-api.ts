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

/** What the server's half of the library did in a runtime. */
export interface ServerHalf {
  /** A client secret: how it begins, and for how many seconds it is good. */
  readonly secret: { readonly prefix: string; readonly seconds: number; readonly instructions: unknown }
  /** A request with a key that the server does not know. */
  readonly badKey: { readonly status: number; readonly code: string | null; readonly repeatsKey: boolean }
  /** A call that the server does not know. */
  readonly noCall: number
  /** A request to where nobody listens. */
  readonly nobody: string
  /** Who calls, as a webhook says that was signed with the second of two secrets. */
  readonly caller: string | undefined
  /** The same webhook again, one that was changed, and one that is old. */
  readonly refused: readonly string[]
  /** A message of a media stream of Twilio. */
  readonly twilio: string
}

const body = JSON.stringify({
  type: 'realtime.call.incoming',
  id: 'evt_1',
  created_at: 1,
  data: { call_id: 'rtc_1', sip_headers: [{ name: 'From', value: '<sip:+14155550123@sip.example.com>' }] },
})
const secrets = ['a new secret', 'whsec_YW4gb2xkIHNlY3JldA==']

/** Mints, asks in vain, signs and verifies. */
export async function serverHalf(baseUrl: string, apiKey: string): Promise<ServerHalf> {
  const { value, expires_at, session } = await createClientSecret(
    {
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Be brief.' },
    },
    { baseUrl, apiKey },
  )
  const badKey = await failure(createClientSecret({}, { baseUrl, apiKey: 'sk-of-nobody' }))
  if (!isHttpError(badKey, 'STATUS')) throw badKey
  const noCall = await failure(rejectCall('rtc_none', {}, { baseUrl, apiKey }))
  if (!isHttpError(noCall, 'STATUS')) throw noCall
  const nobody = await failure(createClientSecret({}, { baseUrl: 'http://127.0.0.1:1/v1', apiKey, maxRetries: 0 }))
  if (!isHttpError(nobody)) throw nobody

  const replayStore = createReplayStore()
  const headers = await signWebhook(body, { secrets: 'whsec_YW4gb2xkIHNlY3JldA==' })
  const { event } = await parseWebhook(body, new Headers(headers), { secrets, replayStore })
  if (event.type !== 'realtime.call.incoming') throw new Error('another event came out than went in')
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
    nobody: nobody.code,
    caller: readIncomingCall(event).caller?.phoneNumber,
    refused: refused.map((error) => (isWebhookError(error) ? error.code : String(error))),
    twilio: readTwilioMessage('{"event":"connected","protocol":"Call","version":"1.0.0"}').kind,
  }
}

/** What a promise was rejected with. */
function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('nothing failed'),
    (error: unknown) => error,
  )
}
