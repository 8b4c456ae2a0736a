import { decodeBase64, encodeBase64 } from '../../../src/audio/base64.js'
import { bytesToInt16, int16ToBytes } from '../../../src/audio/int16.js'
import type { TranscribeTurn } from '../../../src/testing/emulator/turn.js'
import type { Json, Network } from '../network/network.js'
import { recognizeWords, silence } from '../words.js'

/** The words of the user: which were spoken, and which the server has understood. */
export interface Speech {
  /** Returns the number of the next word. */
  next(): number
  /** The next word was said. */
  spoken(): void
  /** Returns silence that differs from all other audio. */
  pause(ms: number): Int16Array
  /** Records audio that the session has accepted. */
  appended(pcm: Int16Array): void
  /** Appends that no server has received, apart from those that the app gave up. */
  neverReceived(network: Network): number
  /** Words so far may be dropped: the app has cleared the buffer, or the session has ended. */
  giveUp(): void
  readonly hasGivenUp: boolean
  /** Transcribes a turn for the emulator. */
  readonly transcribe: TranscribeTurn
  /** Words that the app did not give up and that no server has understood. */
  missing(): readonly number[]
  /** Words of acknowledged turns that were sent to a later server again. `isKnown` returns whether the session has the acknowledgement. */
  repeated(network: Network, isKnown: (itemId: string) => boolean): readonly string[]
  /** Number of words that are in no turn that a server has acknowledged, and of pauses. */
  notAcknowledged(network: Network): number
  /** Audio that was sent on each connection, and how much of it was sent on an earlier connection too, in milliseconds. */
  replayed(network: Network): readonly { readonly sentMs: number; readonly replayedMs: number }[]
  /** Appends that one server received twice, in the wrong order, or changed. */
  disordered(network: Network): readonly string[]
}

export function createSpeech(): Speech {
  const understood = new Set<number>()
  const givenUp = new Set<number>()
  const turns = new Map<string, readonly number[]>()
  /** Every append that the session has accepted, by its audio. */
  const appends = new Map<string, number>()
  let pauses = 0
  let givenUpAppends = 0
  let count = 0

  function appendIndex(event: Json): number | undefined {
    if (!isAppend(event)) return undefined
    return appends.get(String(event.audio)) ?? Number.NaN
  }

  return {
    notAcknowledged({ traffic }) {
      const acknowledged = traffic.flatMap(({ delivered }) =>
        delivered.flatMap(({ type, item_id: id }) =>
          type === 'input_audio_buffer.committed' ? (turns.get(String(id)) ?? []) : [],
        ),
      )
      return count - new Set(acknowledged).size + pauses
    },
    pause: (ms) => silence(ms, ++pauses),
    appended: (pcm) => void appends.set(encodeBase64(int16ToBytes(pcm)), appends.size),
    neverReceived({ traffic }) {
      const received = new Set(traffic.flatMap((each) => each.received.map(appendIndex)))
      return [...appends.values()].filter((index) => index >= givenUpAppends && !received.has(index)).length
    },
    next: () => count,
    spoken() {
      count += 1
    },
    giveUp() {
      for (let word = 0; word < count; word++) givenUp.add(word)
      givenUpAppends = appends.size
    },
    get hasGivenUp() {
      return givenUp.size > 0
    },
    repeated({ traffic }, isKnown) {
      const settled = new Set<number>()
      return traffic.flatMap(({ line, received, delivered }) => {
        const again = received.flatMap(wordsOf).filter((word) => settled.has(word))
        for (const { type, item_id: id } of delivered)
          if (type === 'input_audio_buffer.committed' && isKnown(String(id)))
            for (const word of turns.get(String(id)) ?? []) settled.add(word)
        return again.map((word) => `connection ${line.id}: word ${word}`)
      })
    },
    replayed({ traffic }) {
      let last = -1
      return traffic.map(({ sentByClient }) => {
        let [sentMs, replayedMs] = [0, 0]
        const before = last
        for (const event of sentByClient) {
          const index = appendIndex(event)
          if (index === undefined) continue
          const ms = durationOf(event)
          sentMs += ms
          if (index <= before) replayedMs += ms
          last = Math.max(last, index)
        }
        return { sentMs, replayedMs }
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
        let last = -1
        return received.flatMap((event) => {
          const index = appendIndex(event)
          if (index === undefined) return []
          const isNext = index > last
          const problem = `connection ${line.id}: append ${index} after ${last}`
          last = index
          return isNext ? [] : [problem]
        })
      }),
  }
}

const isAppend = ({ type, audio }: Json) =>
  type?.endsWith('input_audio_buffer.append') === true && typeof audio === 'string'

/** Duration of the audio of an append, in milliseconds. */
const durationOf = ({ audio }: Json) => decodeBase64(String(audio)).length / 48

function wordsOf(event: Json): readonly number[] {
  return isAppend(event) ? recognizeWords(bytesToInt16(decodeBase64(String(event.audio)))) : []
}
