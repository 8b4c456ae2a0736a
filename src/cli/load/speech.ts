import { encodeBase64 } from '../../audio/base64.js'
import { encodeMuLaw } from '../../audio/g711.js'
import { int16ToBytes } from '../../audio/int16.js'
import { loadVoice } from '../../testing/caller/voice.js'
import { resampleAudio } from '../../testing/emulator/pcm-audio.js'
import type { StampFormat } from './stamp.js'

/** Audio of the callers in frames of 20 ms as base64, encoded once for all calls of a process. */
export interface Speech {
  readonly sentences: readonly (readonly string[])[]
  readonly silence: string
}

export const frameMs = 20

const sentences = [
  'What is the weather in Oslo?',
  'Where is my order?',
  'I would like to book a table for two.',
  'Tomorrow at seven in the evening.',
  'How much does it cost?',
  'My order number is four seven one one.',
]

export async function loadSpeech(format: StampFormat): Promise<Speech> {
  const voice = await loadVoice('anna')
  const rate = format === 'pcmu' ? 8_000 : 24_000
  const samples = (rate * frameMs) / 1_000
  const encode = (pcm: Int16Array) => encodeBase64(format === 'pcmu' ? encodeMuLaw(pcm) : int16ToBytes(pcm))
  return {
    silence: encode(new Int16Array(samples)),
    sentences: sentences.map((text) => {
      const audio = voice.say(text)
      if (!audio) throw new Error(`The voice has no sentence "${text}".`)
      const { pcm } = resampleAudio(audio, rate)
      return Array.from({ length: Math.ceil(pcm.length / samples) }, (_, index) => {
        const frame = new Int16Array(samples)
        frame.set(pcm.subarray(index * samples, (index + 1) * samples))
        return encode(frame)
      })
    }),
  }
}
