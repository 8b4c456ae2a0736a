import {
  createSession,
  type Guardrail,
  holdBack,
  type RealtimeSession,
  runGuardrails,
  runInputGuardrails,
} from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { speech } from './sound.js'

/** The agent must not name prices. */
const noPrices: Guardrail<{ price: string }> = {
  name: 'prices',
  check({ text }) {
    const price = text.match(/\d+ (dollars|euros)/)?.[0]
    return price ? { tripped: true, info: { price } } : { tripped: false }
  },
}

/** The user must not share card numbers. A real check may call another model, so this one takes some time too. */
const noCardNumbers: Guardrail = {
  name: 'card numbers',
  deadlineMs: 1_000,
  async check({ text }) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return { tripped: /(\d ?){12,}/.test(text) }
  },
}

const emulator = createEmulator({
  pace: 20,
  latencyMs: 0,
  voice: 'tone',
  hear: ({ durationMs }) => (durationMs > 2_000 ? 'my card is 4111 1111 1111 1111' : 'what does the large one cost'),
  script: [
    [reply('Let me look it up for you.'), reply('The large one costs 90 dollars.')],
    reply('I cannot talk about prices, but I can put you through.'),
    reply('Please do not tell me your card number.'),
  ],
})

const hold = holdBack({ release: 'sentence' })
const session = createSession({
  transport: emulator.connect({ model: 'gpt-realtime-2.1' }),
  stages: [hold],
  config: { audio: { input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' } } } },
})

const outputGuardrails = runGuardrails(session, [noPrices], {
  holdBack: hold,
  action: { explain: 'Say that you cannot talk about prices, and offer to put the caller through.' },
  onTripped: ({ guardrail, info }) => console.log(`blocked  ${guardrail}: "${info?.price}" was not heard`),
})

// What a loudspeaker would get.
const playedMs = new Map<string, number>()
session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
  const part = { itemId: item_id, contentIndex: content_index }
  if (!session.playback.enqueued(part)) return
  const ms = decodeBase64(delta).length / 48
  session.playback.played(part, ms)
  playedMs.set(item_id, (playedMs.get(item_id) ?? 0) + ms)
})
session.on('conversation.item.done', ({ item }) => {
  if (item.type !== 'message' || item.role !== 'assistant') return
  const words = item.content.map(({ transcript }) => transcript ?? '').join(' ')
  if (playedMs.has(String(item.id))) console.log(`agent    ${words}`)
})

await session.connect()
const inputGuardrails = await runInputGuardrails(session, [noCardNumbers], {
  action: { explain: 'Ask the caller not to tell card numbers.' },
  onTripped: ({ guardrail }) => console.log(`caller   (taken out: ${guardrail})`),
})

await say(session, 900)
await nextAnswer(session) // the price, which is stopped
await nextAnswer(session) // the explanation
await say(session, 2_500)
await nextAnswer(session)

await inputGuardrails.stop()
outputGuardrails.stop()
await session.close()
await emulator.close()

/** The caller speaks. */
async function say(session: RealtimeSession, ms: number): Promise<void> {
  const heard = session.waitFor('conversation.item.input_audio_transcription.completed', { timeoutMs: 10_000 })
  session.audio.append(speech(ms))
  const { transcript } = await heard
  if (!/\d/.test(transcript)) console.log(`caller   ${transcript}`)
}

async function nextAnswer(session: RealtimeSession): Promise<void> {
  await session.waitFor('response.done', { timeoutMs: 10_000 })
}
