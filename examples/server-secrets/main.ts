import { createSession, webSocket } from 'realtime-primitives'
import { signWebhook } from 'realtime-primitives/server'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { createHandler } from './handler.js'
import { listen } from './node.js'

const standardKey = 'sk-only-the-server-knows'
const webhookSecret = 'whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93'

// The platform: an emulator that takes no other key.
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

/** The page: it gets a secret that lasts a minute, and talks to the platform by itself. */
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

/** The platform tells of a telephone call, tells it again, and then somebody else pretends to be the platform. */
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
