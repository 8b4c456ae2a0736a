import { type EmulatorOptions, reply } from 'realtime-primitives/testing'

const answers = [
  'This is your own voice, back from the emulator: it hears sound, and understands no word of it.',
  'The same again. Speak while I do and I stop; the caption then marks where you cut me off.',
  'Every event of this call is in the timeline. Open one, or filter them by name.',
  'With OPENAI_API_KEY set, the real service answers here; the page stays as it is.',
]

/** Options of the emulator for the page: it plays the user's own audio back, with a text that explains it. */
export function emulatedTalk(): EmulatorOptions {
  return {
    hear: ({ durationMs }) => `(${(durationMs / 1000).toFixed(1)} seconds of speech)`,
    script: ({ audio: sound, index }) => (sound ? reply(answers[index % answers.length] ?? '') : undefined),
    latencyMs: 250,
  }
}
