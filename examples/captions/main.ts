import { createSession } from 'realtime-primitives'
import { createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { showCaptions, webVtt } from './captions.js'
import { play } from './player.js'

/** A vowel between two silences, which voice-activity detection treats as a turn. */
function turn(ms: number): Int16Array {
  const samples = new Int16Array((ms + 1100) * 24)
  for (let index = 0; index < ms * 24; index++)
    samples[index + 9600] = 6000 * Math.sin((2 * Math.PI * 150 * index) / 24_000) * (1 + Math.sin(index / 1000))
  return samples
}

const clock = createManualClock() // so that a minute takes no time; leave it out with a real service
const said = ['Tell me about the sea.', 'Thank you, that will do.']
const emulator = createEmulator({
  clock,
  voice: 'tone',
  hear: () => said.shift() ?? '',
  script: [reply('The sea is wide and old, and nobody has seen the whole of it.'), reply('As you like.')],
})
const session = createSession({
  transport: emulator.connect({ model: 'gpt-realtime-2.1' }),
  clock,
  config: { audio: { input: { transcription: { model: 'gpt-realtime-whisper' } } } },
})
const connecting = session.connect()
await clock.advance(0)
await connecting

/** Sends the audio at the pace of speech. */
async function speak(samples: Int16Array): Promise<void> {
  for (let at = 0; at < samples.length; at += 480) {
    session.audio.append(samples.subarray(at, at + 480))
    await clock.advance(20)
  }
}

const transcript = showCaptions(session, (line) => console.log(line))
play(session, clock)

await speak(turn(1500))
await clock.advance(200) // the response is being played …
await speak(turn(1200)) // … when the caller cuts in
await clock.advance(20_000)

console.log(`\n${webVtt(transcript)}`)
transcript.stop()
await session.close()
