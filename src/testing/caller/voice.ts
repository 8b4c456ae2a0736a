import { decodeBase64 } from '../../audio/base64.js'
import { type PcmAudio, resampleAudio } from '../emulator/pcm-audio.js'
import { decodeAdpcm } from '../speech/adpcm.js'
import { type VoiceName, vocabulary } from '../speech/vocabulary.js'
import { lineRate } from './line.js'

/** A recorded voice. */
export interface RecordedVoice {
  readonly name: VoiceName
  /** Returns the audio of a sentence at 24 kHz, or `undefined` if it is not in the vocabulary. Letter case and punctuation do not matter. */
  say(sentence: string): PcmAudio | undefined
}

/** Bandwidth of the recordings, in hertz. */
const recordedRate = 8_000

/**
 * Loads a recorded voice. The recordings are a module of their own, which is loaded only here.
 * @example
 * ```ts
 * const voice = await loadVoice('anna')
 * voice.say('What time is it?')
 * ```
 */
export async function loadVoice(name: VoiceName): Promise<RecordedVoice> {
  const { clips } = name === 'ben' ? await import('./voices/ben.js') : await import('./voices/anna.js')
  const bytes = decodeBase64(clips.data)
  const ranges = new Map<string, readonly [number, number]>()
  let at = 0
  for (const [index, sentence] of vocabulary.entries()) {
    const length = clips.lengths[index] as number
    ranges.set(normalized(sentence), [at, at + length])
    at += length
  }
  const decoded = new Map<string, PcmAudio>()
  return {
    name,
    say(sentence) {
      const key = normalized(sentence)
      const range = ranges.get(key)
      if (!range) return undefined
      let audio = decoded.get(key)
      if (!audio) {
        audio = resampleAudio({ pcm: decodeAdpcm(bytes.subarray(...range)), rate: recordedRate }, lineRate)
        decoded.set(key, audio)
      }
      return audio
    },
  }
}

function normalized(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
