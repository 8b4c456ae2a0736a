import { decodeBase64 } from '../../../src/audio/base64.js'
import { bytesToInt16 } from '../../../src/audio/int16.js'
import type { TranscribeTurn } from '../../../src/testing/emulator/turn.js'
import type { Json, Network } from '../network/network.js'
import { recognizeWords } from '../words.js'

/** The words of the user: which were spoken, and which the server has understood. */
export interface Speech {
  /** Returns the number of the next word. */
  next(): number
  /** The next word was said. */
  spoken(): void
  /** Words so far may be dropped: the app has cleared the buffer, or the session has ended. */
  giveUp(): void
  readonly hasGivenUp: boolean
  /** Transcribes a turn for the emulator. */
  readonly transcribe: TranscribeTurn
  /** Words that the app did not give up and that no server has understood. */
  missing(): readonly number[]
  /** Words of acknowledged turns that were sent to a later server again. */
  repeated(network: Network): readonly string[]
  /** Words that one server received twice or in the wrong order. */
  disordered(network: Network): readonly string[]
}

export function createSpeech(): Speech {
  const understood = new Set<number>()
  const givenUp = new Set<number>()
  const turns = new Map<string, readonly number[]>()
  let count = 0
  return {
    next: () => count,
    spoken() {
      count += 1
    },
    giveUp() {
      for (let word = 0; word < count; word++) givenUp.add(word)
    },
    get hasGivenUp() {
      return givenUp.size > 0
    },
    repeated({ traffic }) {
      const settled = new Set<number>()
      return traffic.flatMap(({ line, received, delivered }) => {
        const again = received.flatMap(wordsOf).filter((word) => settled.has(word))
        for (const { type, item_id: id } of delivered)
          if (type === 'input_audio_buffer.committed') for (const word of turns.get(String(id)) ?? []) settled.add(word)
        return again.map((word) => `connection ${line.id}: word ${word}`)
      })
    },
    transcribe({ audio, itemId }) {
      const words = recognizeWords(audio.pcm)
      turns.set(itemId, words)
      for (const word of words) understood.add(word)
      return words.map((word) => `word${word}`).join(' ')
    },
    missing: () =>
      Array.from({ length: count }, (_, word) => word).filter((word) => !understood.has(word) && !givenUp.has(word)),
    disordered: ({ traffic }) =>
      traffic.flatMap(({ line, received }) => {
        const words = received.flatMap(wordsOf)
        return words.flatMap((word, index) => {
          const before = words[index - 1]
          return before !== undefined && word <= before ? [`connection ${line.id}: word ${word} after ${before}`] : []
        })
      }),
  }
}

function wordsOf({ type, audio }: Json): readonly number[] {
  if (!type?.endsWith('input_audio_buffer.append') || typeof audio !== 'string') return []
  return recognizeWords(bytesToInt16(decodeBase64(audio)))
}
