import { describe, expect, test } from 'vitest'
import { decodeMuLaw, encodeMuLaw } from '../../../src/audio/g711.js'
import { resampleAudio } from '../../../src/testing/emulator/pcm-audio.js'
import { createVoiceActivity } from '../../../src/testing/emulator/voice-activity.js'
import { createSentences, noises, type Scene, sentencesIn } from './sentences.js'

interface Count {
  readonly turns: number
  /** Sentences that are in no turn. */
  readonly missed: number
  /** Sentences that share their turn with the one before. */
  readonly merged: number
}

function countTurns({ pcm, sentences }: Scene, hz: number, silenceMs: number): Count {
  const activity = createVoiceActivity({ rate: hz, silenceMs })
  const edges = activity.push(pcm).map(({ at }) => (at * 1_000) / hz)
  const turns: [number, number][] = []
  for (let index = 0; index < edges.length; index += 2)
    turns.push([edges[index] ?? 0, (edges[index + 1] ?? Number.POSITIVE_INFINITY) - silenceMs])
  const turnOf = ([start, end]: readonly [number, number]) => turns.findIndex(([from, to]) => from < end && to > start)
  const found = sentences.map(turnOf)
  return {
    turns: turns.length,
    missed: found.filter((turn) => turn < 0).length,
    merged: found.filter((turn, index) => turn >= 0 && turn === found[index - 1]).length,
  }
}

/** Returns the scene as a telephone transmits it. */
function overTelephone({ pcm, sentences }: Scene): Scene {
  const narrow = resampleAudio({ pcm, rate: 24_000 }, 8_000).pcm
  return { pcm: decodeMuLaw(encodeMuLaw(narrow)), sentences }
}

const spoken = createSentences(48)

// 48 sentences with 1.2 s between them. A false turn splits a sentence or starts without one.
describe.each([
  [undefined, 0, 2, 0],
  ['white', 20, 2, 0],
  ['white', 10, 2, 0],
  ['pink', 10, 2, 0],
  ['mains hum', 10, 2, 0],
  // Other voices can fill the pause between two sentences, which then share a turn.
  ['babble of eight voices', 15, 3, 6],
] as const)('48 sentences in noise: %s at %i dB', (noise, snrDb, falseTurns, sharedTurns) => {
  const wide = sentencesIn(spoken, noise, snrDb)
  const narrow = overTelephone(wide)

  test.each([
    ['24 kHz', wide, 24_000, 500],
    ['24 kHz', wide, 24_000, 200],
    ['G.711', narrow, 8_000, 500],
    ['G.711', narrow, 8_000, 200],
  ] as const)('are found in %s with hardly any false turn', (_, scene, hz, silenceMs) => {
    const { turns, missed, merged } = countTurns(scene, hz, silenceMs)
    expect(missed).toBe(0)
    expect(merged).toBeLessThanOrEqual(sharedTurns)
    expect(turns - 48).toBeLessThanOrEqual(falseTurns)
  })
})

describe('noise without speech', () => {
  test.each(Object.keys(noises).filter((name) => !name.startsWith('babble')))(
    'of the kind %s starts no turn',
    (name) => {
      for (const levelDb of [-65, -45]) {
        const raw = noises[name]?.(24_000 * 20, []) ?? new Float64Array(0)
        const rms = Math.sqrt(raw.reduce((sum, sample) => sum + sample * sample, 0) / raw.length)
        const pcm = Int16Array.from(raw, (sample) => (sample / rms) * 32_768 * 10 ** (levelDb / 20))
        const activity = createVoiceActivity({ rate: 24_000, silenceMs: 500 })
        expect(activity.push(pcm), `${levelDb} dB`).toEqual([])
      }
    },
  )
})
