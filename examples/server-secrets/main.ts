import { createSession, webSocket } from 'realtime-primitives'
import { signWebhook } from 'realtime-primitives/server'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { createHandler } from './handler.js'
import { listen } from './node.js'

const standardKey = 'sk-only-the-server-knows'
const webhookSecret = 'whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93'

// The service: an emulator that accepts only this key.
const emulator = createEmulator({ apiKey: standardKey, script: [reply('Hello from a borrowed key.')] })
const platform = await serve(emulator)

// Your server.
const server = await listen(
  createHandler({
    api: { apiKey: standardKey, baseUrl: platform.httpUrl },
    webhookSecrets: webhookSecret,
    async onCall({ callId, caller, customHeaders }) {
      console.log(
        `server    ${callId}: ${caller?.displayName} calls from ${caller?.phoneNumber}, account ${customHeaders['x-account']}`,
      )
    },
    print: (line) => console.log(`server    ${line}`),
  }),
)

/** Simulates the page: requests a secret that expires after a minute, and connects to the service with it. */
async function page(): Promise<void> {
  const minted = await fetch(`${server.url}/client-secret`, { method: 'POST' })
  const { value } = (await minted.json()) as { value: string }
  console.log(`page      got ${value.slice(0, 3)}…, and not the standard key`)
  const session = createSession({
    transport: webSocket({ apiKey: value, baseUrl: platform.url, model: 'gpt-realtime-2.1' }),
    config: { output_modalities: ['text'] },
  })
  await session.connect()
  const answer = session.respond()
  let words = ''
  for await (const text of answer.text()) words += text
  console.log(`page      ${(await answer.done).status}: ${words}`)
  await session.close()
}

/** Sends the webhook of a call, sends it again, and sends a forged one. */
async function webhooks(): Promise<void> {
  const body = JSON.stringify({
    type: 'realtime.call.incoming',
    id: 'evt_1',
    object: 'event',
    created_at: Math.floor(Date.now() / 1000),
    data: {
      call_id: 'rtc_1',
      sip_headers: [
        { name: 'From', value: '"Ada" <sip:+14155550123@sip.example.com>;tag=1' },
        { name: 'X-Account', value: '42' },
      ],
    },
  })
  const headers = await signWebhook(body, { secrets: webhookSecret })
  const forged = await signWebhook(body, { secrets: 'a guess' })
  for (const [what, sent, expected] of [
    ['a call', headers, 200],
    ['the same again', headers, 200],
    ['a forgery', forged, 400],
  ] as const) {
    const { status } = await fetch(`${server.url}/webhooks`, { method: 'POST', headers: sent, body })
    console.log(`platform  ${what}: ${status}`)
    if (status !== expected) process.exitCode = 1
  }
}

try {
  await page()
  await webhooks()
} finally {
  await server.close()
  await platform.close()
}
