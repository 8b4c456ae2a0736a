import { parseArgs } from 'node:util'
import type { Interruption } from 'realtime-primitives'
import { decodeMuLaw, resample, toFloat32, toInt16 } from 'realtime-primitives/audio'
import { call, createEmulator, reply, scaledClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { readSentences } from '../voice-agent-twilio/caller.js'
import { findSound } from '../voice-agent-twilio/compare.js'
import { startAgent } from './agent.js'
import { talk } from './caller.js'

const { values } = parseArgs({ options: { fast: { type: 'boolean' } } })
const clock = scaledClock(values.fast ? 4 : 1)
const startedAt = clock.now()
const print = (who: string, text: string) =>
  console.log(`${((clock.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(6)}  ${text}`)

const apiKey = 'sk-emulator'
const secrets = 'whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNlY3JldCBrZXkh'
const sentences = await readSentences()
const spoken = sentences.map(({ text }) => text)

/** Audio that the service received, by turn, at 8 kHz. */
const turns: Int16Array[] = []
const service = await serve(
  createEmulator({
    apiKey,
    clock,
    hear({ audio: sound }) {
      turns.push(toInt16(resample(toFloat32(sound.pcm), sound.rate, 8_000)))
      return spoken.shift() ?? '…'
    },
    // A greeting, a weather request, and a goodbye. The emulator echoes everything else in the caller's voice.
    script({ input, text }) {
      const last = input.at(-1)
      if (last === undefined) return reply('Good day. What can I do for you?')
      if (last.type !== 'message') return undefined
      if (last.content.some(({ type }) => type === 'input_text')) return reply('You pressed five. Goodbye.')
      return text.includes('weather') ? call('weather', { city: 'Lisbon' }) : undefined
    },
  }),
)

let interruption: Interruption | undefined
let truncatedAtMs: number | undefined
let keys = ''
let over: Promise<unknown> = Promise.resolve()
const agent = await startAgent({
  apiKey,
  baseUrl: service.httpUrl,
  secrets,
  clock,
  print,
  onCall(session) {
    over = session.closed
    session.on('interrupted', (event) => {
      interruption = event
    })
    session.on('conversation.item.truncated', ({ audio_end_ms }) => {
      truncatedAtMs = audio_end_ms
    })
    session.on('input_audio_buffer.dtmf_event_received', ({ event }) => {
      keys += event
    })
  },
})

try {
  const phone = service.dial({ webhook: { url: agent.url, secrets }, from: '"Ann" <sip:+14155550123@example.com>' })
  const playedMs = await talk(phone, sentences, clock)
  const end = await phone.ended
  await over
  const heard = decodeMuLaw(phone.played())
  const said = sentences.map(({ muLaw }) => decodeMuLaw(muLaw))
  const arrived = said.map((sentence, index) => findSound(turns[index] ?? new Int16Array(), trimmed(sentence)))
  const echoed = said.map((sentence) => findSound(heard, trimmed(sentence)).correlation)

  console.log(`
webhook        ${phone.deliveries.join(', ')}
to the service ${arrived.map(({ correlation }) => correlation.toFixed(4)).join('  ')}  correlation with what was said, by sentence
echoed         ${echoed.map((match, index) => (index === 2 ? '(cut off)' : match.toFixed(4))).join('  ')}
interruption   the caller heard ${Math.round(playedMs)} ms; ${Math.round(interruption?.played?.playedMs ?? 0)} ms by the agent, ${truncatedAtMs} ms in the memory of the service
key            ${keys}
end            ${end.state}${end.state === 'ended' ? ` by the ${end.by}` : ''}`)

  const isRight =
    phone.deliveries.join() === '200' &&
    turns.length === 4 &&
    arrived.every(({ correlation }) => correlation > 0.99) &&
    echoed.every((match, index) => index === 2 || match > 0.98) &&
    truncatedAtMs !== undefined &&
    // The service also counts the silence before the first word.
    Math.abs(truncatedAtMs - playedMs) < 1_000 &&
    keys === '5' &&
    end.state === 'ended' &&
    end.by === 'api'
  if (!isRight) throw new Error('The call did not go as it should.')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await agent.close()
  await service.close()
}

/** Removes silence at both ends, which turn detection may leave out. */
function trimmed(sentence: Int16Array): Int16Array {
  return sentence.subarray(sentence.findIndex(isLoud), sentence.findLastIndex(isLoud))
}

function isLoud(sample: number): boolean {
  return Math.abs(sample) > 1_000
}
