import { signWebhook, type VerifyWebhookOptions, type WebhookBody } from 'realtime-primitives/server'

/** When the webhooks of these tests are sent, in seconds since 1970. */
export const sentAt = 1_790_000_000
/** A secret as the service gives it out, and the one that replaces it. */
export const secret = 'whsec_Zm91ciBzY29yZSBhbmQgc2V2ZW4geWVhcnMgYWdv'
export const nextSecret = 'whsec_b3VyIGZhdGhlcnMgYnJvdWdodCBmb3J0aCBhIG5ldw=='

/** A clock that stands so many seconds after the webhook was sent. */
export const clockAfter = (seconds: number) => ({ now: () => (sentAt + seconds) * 1000 })

export const options: VerifyWebhookOptions = { secrets: secret, clock: clockAfter(0) }

export const call = {
  object: 'event',
  id: 'evt_1',
  type: 'realtime.call.incoming',
  created_at: sentAt,
  data: {
    call_id: 'rtc_479a275623b54bdb9b6fbae2f7cbd408',
    sip_headers: [
      { name: 'From', value: '"Zoë" <sip:+14155550123@sip.example.com>;tag=1' },
      { name: 'To', value: 'sip:+18005550199@sip.example.com' },
    ],
  },
}

/** The headers of a webhook that is signed, with some replaced. */
export async function signed(body: WebhookBody, changes: Readonly<Record<string, string>> = {}, secrets = secret) {
  const headers = await signWebhook(body, { secrets, id: 'wh_1', clock: clockAfter(0) })
  return { ...headers, ...changes }
}
