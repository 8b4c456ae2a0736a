import { parseArgs } from 'node:util'
import { webSocket } from 'realtime-primitives'
import { call, createEmulator, createManualClock, type EmulatorOptions, fail, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { appDecides } from './app-decides.js'
import { bargeIn } from './barge-in.js'
import { fallback } from './fallback.js'
import { idleTimeout } from './idle-timeout.js'
import { manualTurns } from './manual-turns.js'
import { pushToTalk } from './push-to-talk.js'
import { rotation } from './rotation.js'
import { speech, turn } from './sound.js'
import { survivingDrops } from './surviving-drops.js'
import { textOnly } from './text-only.js'
import { transcription } from './transcription.js'
import { translation } from './translation.js'
import { wholeTurn } from './whole-turn.js'

const model = 'gpt-realtime-2.1'
const print = (line: string) => console.log(`  ${line}`)

/** An emulator without latency. */
const quick = (options: EmulatorOptions = {}) =>
  createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, transcriptionLagMs: 0, ...options })

/** Runs each recipe with a simulated user. */
const recipes: Record<string, () => Promise<void>> = {
  async 'push-to-talk'() {
    const { session, press, append, release } = await pushToTalk(quick().connect({ model }), print)
    append(speech(500)) // the button is up: this is not sent
    press()
    append(speech(800))
    const response = await release()
    print(`the answer is ${(await response?.done)?.status}`)
    press()
    append(speech(40))
    await release()
    await session.close()
  },

  async 'text-only'() {
    const emulator = quick({ script: [reply('It is a list of clients and servers.')] })
    await textOnly(emulator.connect({ model }), 'What is a protocol?', print)
  },

  async 'whole-turn'() {
    const emulator = quick({ script: [call('stock', { product: 'lamp' }), reply('There are 12 lamps.')] })
    await wholeTurn(emulator.connect({ model }), 'How many lamps are there?', print)
  },

  async fallback() {
    const emulator = quick({ script: [fail(), fail()] })
    const message = { text: 'One moment, please.', audio: new Uint8Array(speech(900).buffer) }
    const session = await fallback(emulator.connect({ model }), message, print)
    const { outcome } = await session.sendMessage('Hello?').settled
    print(`the first response has ${outcome.status}`)
    // The message is added to the conversation after the second failure.
    await session.waitFor('conversation.item.added')
    await session.close()
  },

  async 'manual-turns'() {
    const emulator = quick({ script: [reply('I have heard both.')] })
    await manualTurns(emulator.connect({ model }), [speech(700), speech(1_500)], print)
  },

  async 'app-decides'() {
    const transcribe = ({ durationMs }: { durationMs: number }) =>
      durationMs > 2_000 ? 'Ada, what time is it?' : 'Pass the salt.'
    const session = await appDecides(quick({ hear: transcribe }).connect({ model }), 'Ada', print)
    const ended = session.waitFor('response.done')
    session.audio.append(turn(600))
    session.audio.append(turn(2_000))
    await ended
    await session.close()
  },

  async 'idle-timeout'() {
    const emulator = quick({ script: [reply('Welcome.'), reply('Are you still there?')] })
    const session = await idleTimeout(emulator.connect({ model }), print)
    await session.respond().done
    const asked = session.waitFor('response.done')
    for (let second = 0; second < 10; second++) session.audio.append(new Int16Array(24_000))
    await asked
    await session.close()
  },

  async 'barge-in'() {
    const emulator = quick({ voice: 'tone', script: [reply('A long story about the sea, the ships and the wind.')] })
    const session = await bargeIn(emulator.connect({ model }), hearing(700), print)
    await session.respond().done
    const truncated = session.waitFor('conversation.item.truncated')
    session.audio.append(turn(600))
    print(`the server keeps ${(await truncated).audio_end_ms} ms of it`)
    await session.close()
  },

  async 'surviving-drops'() {
    const emulator = quick({ script: [reply('Hello.'), reply('I am still here.')] })
    const server = await serve(emulator, {
      refuseUpgrade: ({ attempt }) => (attempt === 1 ? { status: 503 } : undefined),
    })
    const session = await survivingDrops(webSocket({ baseUrl: server.url, model }), { maxDelayMs: 10 }, print)
    await session.respond().done
    const restored = new Promise((resolve) => session.on('restored', resolve))
    await emulator.close() // the connection drops, and the server accepts new ones
    await restored
    print(`afterwards the answer is ${(await session.respond().done).status}`)
    await session.close()
    await server.close()
  },

  async rotation() {
    const clock = createManualClock()
    const connecting = rotation(quick({ clock }).connect({ model }), clock, print)
    await clock.advance(1)
    const session = await connecting
    session.respond()
    await clock.advance(61 * 60_000)
    print(`after 61 minutes the session is ${session.getState().status}`)
    await session.close()
  },

  async transcription() {
    const recording = new Int16Array([...turn(900), ...speech(1_700)]) // ends in the middle of a word
    await transcription(quick().connect({ intent: 'transcription' }), recording, print)
  },

  async translation() {
    const french: Record<string, string> = { 'Good morning.': 'Bonjour.', 'How are you?': 'Comment allez-vous ?' }
    const words = Object.keys(french)
    const emulator = quick({ hear: () => words.shift() ?? '', translate: ({ text }) => french[text] ?? text })
    const transport = emulator.connect({ service: 'translations', model: 'gpt-realtime-translate' })
    const recording = new Int16Array([...turn(900), ...speech(700)]) // the last pause is not needed
    let ms = 0
    const play = (pcm: Uint8Array) => {
      ms += pcm.length / 48
    }
    await translation(transport, inPieces(recording), 'fr', play, print)
    print(`${Math.round(ms)} ms were played`)
  },
}

/** Audio as a microphone captures it. The service processes 200 ms at a time. */
async function* inPieces(pcm: Int16Array) {
  for (let at = 0; at < pcm.length; at += 4_800) yield pcm.subarray(at, at + 4_800)
}

/** A speaker that stops after the given duration. */
function hearing(ms: number) {
  let left = ms
  return {
    play(pcm: Uint8Array, onPlayed: (ms: number) => void) {
      const heard = Math.min(left, pcm.length / 48)
      left -= heard
      onPlayed(heard)
    },
    stop: () => print('the speaker falls silent'),
  }
}

const { positionals } = parseArgs({ allowPositionals: true })
const unknown = positionals.filter((name) => !Object.hasOwn(recipes, name))
if (unknown.length > 0) {
  console.error(`There is no recipe ${unknown.join(', ')}. There are: ${Object.keys(recipes).join(', ')}.`)
  process.exitCode = 1
} else {
  if (positionals.length === 0) console.log(`recipes: ${Object.keys(recipes).join(', ')}`)
  for (const [name, run] of Object.entries(recipes)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    console.log(name)
    await run()
  }
}
