import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { createSession, webSocket } from 'realtime-primitives'
import { downmix, int16ToBytes, readWav, resample, toInt16 } from 'realtime-primitives/audio'
import { signWebhook } from 'realtime-primitives/server'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { type Answer, openPage, type Page } from './page.js'
import { bundleWorker, startRuntime } from './runtime.js'

const key = 'sk-only-the-worker-knows'
const webhookSecret = 'whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93'
const origin = 'https://hotel.example'

// The runtime takes an object out of memory that was idle for ten seconds.
const hibernationMs = 12_000

const lines: string[] = []
const received: string[] = []

function tell(who: string, what: string): void {
  lines.push(`${who.padEnd(11)}${what}`)
  console.log(lines.at(-1))
}

// The service: an emulator that accepts only this key. Asked for the user's name, it searches the conversation for one.
const emulator = createEmulator({
  apiKey: key,
  voice: 'tone',
  hear: () => 'My name is Ada.',
  script({ text, input }) {
    if (!text.includes('Who am I')) return reply('Welcome to the hotel.')
    const [, name] = /name is (\w+)/.exec(JSON.stringify(input)) ?? []
    return reply(name === undefined ? 'I do not know.' : `You are ${name}.`)
  },
})
const platform = await serve(emulator)
const storage = await mkdtemp(join(tmpdir(), 'voice-agent-serverless-'))
const script = await bundleWorker()
const start = () =>
  startRuntime(script, {
    vars: { OPENAI_API_KEY: key, WEBHOOK_SECRETS: webhookSecret, PAGE_ORIGIN: origin, TICK_MS: 500 },
    platform: new URL(platform.httpUrl).host,
    storage,
    print: (line) => tell('worker', line),
  })

/** A page that gets a key of its own and talks to the platform without the Worker. */
async function talkDirectly(url: string): Promise<void> {
  const mint = (from: string) => fetch(`${url}/client-secret`, { method: 'POST', headers: { origin: from } })
  tell('stranger', `asks for a key: ${(await mint('https://elsewhere.example')).status}`)
  const body = await (await mint(origin)).text()
  received.push(body)
  const { value } = JSON.parse(body) as { value: string }
  tell('page', `gets a key, ${value.slice(0, 3)}…`)
  const session = createSession({
    transport: webSocket({ apiKey: value, baseUrl: platform.url, model: 'gpt-realtime-2.1' }),
  })
  await session.connect()
  const answer = session.respond()
  let words = ''
  for await (const text of answer.transcript()) words += text
  tell('page', `${(await answer.done).status}: ${words}`)
  await session.close()
}

/** Two telephone calls: one that is accepted, until the caller hangs up, and one that is rejected. */
async function callByTelephone(url: string): Promise<void> {
  const webhook = { url: `${url}/webhooks`, secrets: webhookSecret }
  const phone = platform.dial({ webhook, from: '"Ada" <sip:+14155550123@sip.example.com>' })
  // Both zeros of mu-law are silence.
  await phone.waitFor(() => phone.played().some((byte) => (byte | 0x80) !== 0xff))
  tell('telephone', 'receives audio, and hangs up')
  phone.hangUp()
  const anonymous = platform.dial({ webhook, from: '<sip:anonymous@anonymous.invalid>' })
  tell('telephone', `without a number: ${(await anonymous.ended).state}`)
}

/** What comes to a public address beside the webhooks of the platform. */
async function sendForgeries(url: string): Promise<void> {
  const body = JSON.stringify({ type: 'batch.completed' })
  const post = async (headers: Record<string, string>) =>
    (await fetch(`${url}/webhooks`, { method: 'POST', headers, body })).status
  tell('forger', `signs with a guess: ${await post(await signWebhook(body, { secrets: 'a guess' }))}`)
  const genuine = await signWebhook(body, { secrets: webhookSecret })
  await post(genuine)
  tell('forger', `repeats what was genuine: ${await post(genuine)}`)
}

async function enter(url: string, id: string): Promise<Page> {
  return openPage(`${url}/conversations/${id}`, origin, (message) => received.push(message))
}

function show({ status, words, soundMs }: Answer): void {
  tell('page', `${status}, ${(soundMs / 1000).toFixed(1)} s: ${words}`)
}

async function untilAsleep(): Promise<void> {
  for (let tries = 0; tries < 300 && !lines.some((line) => line.endsWith('sleeps')); tries++) await pass(100)
  await pass(hibernationMs)
}

/** Two seconds of speech, as 24 kHz PCM16. */
async function readSpeech(): Promise<Uint8Array> {
  const { channels, sampleRate } = readWav(await readFile(new URL('../node-websocket-cli/speech.wav', import.meta.url)))
  return int16ToBytes(toInt16(resample(downmix(channels), sampleRate, 24_000)).slice(0, 48_000))
}

let worker = await start()
try {
  const created = await fetch(`${worker.url}/conversations`, { method: 'POST', headers: { origin } })
  const { id } = (await created.json()) as { id: string }
  let page = await enter(worker.url, id)
  show(await page.say(await readSpeech()))

  // After a silence, the session ends, and the runtime evicts the object from memory. The socket of the page stays open.
  const asleep = untilAsleep()
  await talkDirectly(worker.url)
  await callByTelephone(worker.url)
  await sendForgeries(worker.url)
  await asleep
  show(await page.write('Who am I?'))

  // A deployment in the middle of it: everything in memory is gone, and so are the sockets.
  await worker.close()
  worker = await start()
  page = await enter(worker.url, id)
  tell('page', 'was cut off by a deployment, and is back')
  show(await page.write('Who am I, once more?'))
  await page.close()
} finally {
  await worker.close()
  await platform.close()
  await rm(storage, { recursive: true, force: true })
}

const births = lines.filter((line) => line.endsWith('comes into memory')).length
tell('checked', `${births} times into memory for one conversation`)
const secrets = [key, webhookSecret, webhookSecret.slice('whsec_'.length)]
const texts = [...lines, ...received]
const leaks = texts.filter((text) => secrets.some((secret) => text.includes(secret))).length
tell('checked', `${leaks} of ${texts.length} lines and messages with a secret of the Worker`)
const remembered = lines.filter((line) => line.endsWith('You are Ada.')).length
if (births !== 3 || leaks > 0 || remembered !== 2) process.exitCode = 1
