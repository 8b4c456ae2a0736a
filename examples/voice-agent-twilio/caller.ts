import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Clock } from 'realtime-primitives'
import { downmix, encodeMuLaw, readWav, resample, toInt16 } from 'realtime-primitives/audio'
import { createTelephone, type Telephone } from 'realtime-primitives/testing'
import { WebSocket } from 'ws'

/** Sentences of the recording, with start and end in seconds. */
const script = [
  { text: 'Hello there. Can you hear me?', from: 0.55, to: 2.75 },
  { text: 'What is the weather like in Lisbon today?', from: 3.7, to: 6.15 },
  { text: 'Lovely. Then tell me, slowly, everything you know about the sea.', from: 7.1, to: 11.65 },
  { text: 'Thank you, that is enough. Goodbye.', from: 12.65, to: 15.35 },
]

export interface Sentence {
  readonly text: string
  /** Mu-law at 8 kHz: 8 bytes per millisecond. */
  readonly muLaw: Uint8Array
}

/** Reads the sentences of the recording as mu-law. */
export async function readSentences(): Promise<Sentence[]> {
  const { channels, sampleRate } = readWav(await readFile(new URL('../node-websocket-cli/speech.wav', import.meta.url)))
  const line = encodeMuLaw(toInt16(resample(downmix(channels), sampleRate, 8_000, 'best')))
  return script.map(({ text, from, to }) => ({ text, muLaw: line.slice(from * 8_000, to * 8_000) }))
}

/** Result of a call. */
export interface CallReport {
  readonly phone: Telephone
  /** Duration of the interrupted response that the telephone played, in milliseconds. */
  readonly heardOfCutAnswerMs: number
}

/** Simulates a call by Twilio: requests the TwiML from the webhook at `url`, and opens its stream. */
export async function holdCall(url: string, sentences: readonly Sentence[], clock: Clock): Promise<CallReport> {
  const response = await fetch(`${url}/incoming`, { method: 'POST' })
  const twiml = await response.text()
  const socket = new WebSocket(/<Stream url="([^"]+)"/.exec(twiml)?.[1] ?? '')
  await once(socket, 'open')
  const customParameters = Object.fromEntries(
    [...twiml.matchAll(/<Parameter name="([^"]+)" value="([^"]+)"/g)].map(([, name, value]) => [name, value]),
  )
  const phone = createTelephone(socket, { clock, customParameters })
  const say = (index: number) => phone.say(sentences[index]?.muLaw ?? new Uint8Array())

  phone.call()
  await listen(phone, clock) // the greeting
  await say(0)
  await listen(phone, clock)
  await say(1)
  await listen(phone, clock)
  await say(2)
  const before = phone.playedMs
  await phone.waitFor(() => phone.playedMs - before > 1_000)
  const clears = phone.clears
  const cutting = say(3)
  await phone.waitFor(() => phone.clears > clears)
  const heardOfCutAnswerMs = phone.playedMs - before
  await cutting
  await listen(phone, clock)
  phone.press('5')
  await listen(phone, clock)
  phone.hangUp()
  return { phone, heardOfCutAnswerMs }
}

/** Waits for a response and for the silence after it. */
async function listen(phone: Telephone, clock: Clock): Promise<void> {
  let last = phone.playedMs
  let since = clock.now()
  let hasBegun = false
  await phone.waitFor(() => {
    if (phone.playedMs > last) {
      hasBegun = true
      last = phone.playedMs
      since = clock.now()
    }
    const quietMs = clock.now() - since
    if (!hasBegun && quietMs > 15_000) throw new Error('Nobody answers.')
    return hasBegun && quietMs > 700
  })
}
