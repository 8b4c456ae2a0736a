import { decodeBase64 } from '../../audio/base64.js'
import type { PcmAudio } from '../emulator/pcm-audio.js'
import { describeSpeech, type TranscribeTurn } from '../emulator/turn.js'
import { bandCount, fingerprintOf } from './fingerprint.js'
import { createTemplate, findSentences, type Template } from './match.js'
import { vocabulary } from './vocabulary.js'
import { vocabularyFingerprints } from './vocabulary-fingerprints.js'

/** A sentence with its audio. */
export interface SpokenSentence {
  readonly text: string
  /** Mono audio. */
  readonly audio: PcmAudio
}

/** Options of {@link createRecognizer}. */
export interface RecognizerOptions {
  /**
   * Sentences in addition to the vocabulary, such as those of `caller.sentences()`.
   * @defaultValue []
   */
  readonly sentences?: Iterable<SpokenSentence>
  /**
   * Returns the transcript of other audio.
   * @defaultValue A description such as `[2.4 s of speech]`.
   */
  readonly otherwise?: TranscribeTurn
}

/** A longer turn contains something else than the sentences of a test, and comparing it would take long. */
const longestTurnMs = 60_000

/**
 * Creates a function for the option `hear` of the emulator that recognizes sentences by their audio, through noise, G.711, and other sample rates.
 * The emulator does so by default for the vocabulary of the caller.
 * @example
 * ```ts
 * const caller = createCaller({ says: ['Can I bring my dog?'], synthesize: espeak() })
 * const emulator = createEmulator({ hear: createRecognizer({ sentences: await caller.sentences() }) })
 * ```
 */
export function createRecognizer({
  sentences = [],
  otherwise = describeSpeech,
}: RecognizerOptions = {}): TranscribeTurn {
  let templates: readonly Template[] | undefined
  return (turn) => {
    if (turn.durationMs > longestTurnMs) return otherwise(turn)
    templates ??= [
      ...readVocabulary(),
      ...[...sentences].map(({ text, audio }) => createTemplate(text, fingerprintOf(audio))),
    ]
    const found = findSentences(fingerprintOf(turn.audio), templates)
    return found.length === 0 ? otherwise(turn) : found.map(({ text }) => text).join(' ')
  }
}

/** Reads the fingerprints of the recorded voices: two levels in each byte, in steps of 2 dB. */
function readVocabulary(): readonly Template[] {
  return Object.values(vocabularyFingerprints).flatMap((encoded) => {
    const bytes = decodeBase64(encoded)
    let at = 0
    return vocabulary.map((text) => {
      const frames = bytes[at] as number
      const packed = bytes.subarray(at + 1, at + 1 + (frames * bandCount) / 2)
      at += 1 + packed.length
      const levels = new Uint8Array(2 * packed.length)
      for (const [index, byte] of packed.entries()) {
        levels[2 * index] = 2 * (byte & 15)
        levels[2 * index + 1] = 2 * (byte >> 4)
      }
      return createTemplate(text, { frames, levels })
    })
  })
}

/** Encodes fingerprints of the {@link vocabulary}, in its order. */
export function packFingerprints(clips: readonly PcmAudio[]): Uint8Array {
  return Uint8Array.from(
    clips.flatMap((audio) => {
      const { frames, levels } = fingerprintOf(audio)
      const packed = Array.from({ length: (frames * bandCount) / 2 }, (_, index) => {
        const low = Math.min(15, (levels[2 * index] as number) >> 1)
        return low | (Math.min(15, (levels[2 * index + 1] as number) >> 1) << 4)
      })
      return [frames, ...packed]
    }),
  )
}
