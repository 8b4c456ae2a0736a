import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw, toFloat32, toInt16 } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { fitSine, tone } from './signal.js'

const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768)
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code)

interface Law {
  /** The 129 decision values of one sign, in the standard's own unit: interval n lies between numbers n and n + 1. */
  readonly decisions: readonly number[]
  /** The quantised value of interval n. */
  readonly levelOf: (n: number) => number
  /** The standard's unit, in 16-bit steps. */
  readonly unit: number
  readonly positiveCode: (n: number) => number
  readonly negativeCode: (n: number) => number
}

/** Eight segments of 16 intervals; the width of an interval as the standard's tables 1 and 2 give it. */
function createLaw(widthOf: (n: number) => number, law: Omit<Law, 'decisions' | 'levelOf'>): Law {
  const decisions = [0]
  for (let n = 0; n < 128; n++) decisions.push((decisions[n] as number) + widthOf(n))
  const levelOf = (n: number) => ((decisions[n] as number) + (decisions[n + 1] as number)) / 2
  return { decisions, levelOf, ...law }
}

/** Table 2/G.711, uniform scale of 8,159: the first interval is half as wide as its neighbours and stands for 0. */
const muLaw = createLaw((n) => (n === 0 ? 1 : 2 ** (1 + Math.floor(n / 16))), {
  unit: 4,
  positiveCode: (n) => 0xff - n,
  negativeCode: (n) => 0x7f - n,
})

/** Table 1/G.711, uniform scale of 4,096: the first two segments have the same width, and the even bits are inverted. */
const aLaw = createLaw((n) => 2 ** Math.max(1, Math.floor(n / 16)), {
  unit: 8,
  positiveCode: (n) => (n | 0x80) ^ 0x55,
  negativeCode: (n) => n ^ 0x55,
})

/**
 * All 65,536 codes. The standard leaves open which of its neighbours a sample on a decision value belongs to. The ITU's
 * reference software (G.191) takes the interval above it on the number line for both signs: a negative one the quieter.
 */
function encodeByTheBook(law: Law): Uint8Array {
  return Uint8Array.from(everySample, (sample) => {
    const magnitude = sample < 0 ? -sample - 1 : sample
    const above = law.decisions.findIndex((decision) => decision * law.unit > magnitude)
    const n = above === -1 ? 127 : above - 1
    return sample < 0 ? law.negativeCode(n) : law.positiveCode(n)
  })
}

function decodeByTheBook(law: Law, levelOf: (n: number) => number): Int16Array {
  const samples = new Int16Array(256)
  for (let n = 0; n < 128; n++) {
    samples[law.positiveCode(n)] = levelOf(n) * law.unit
    samples[law.negativeCode(n)] = -levelOf(n) * law.unit
  }
  return samples
}

describe('mu-law', () => {
  it('has the decision values of the standard', () => {
    expect(muLaw.decisions.slice(0, 3)).toEqual([0, 1, 3])
    expect([16, 32, 48, 64, 80, 96, 112, 128].map((n) => muLaw.decisions[n])).toEqual([
      31, 95, 223, 479, 991, 2015, 4063, 8159,
    ])
  })

  it('decodes all 256 codes as in G.711', () => {
    expect(decodeMuLaw(everyCode)).toEqual(decodeByTheBook(muLaw, (n) => (n === 0 ? 0 : muLaw.levelOf(n))))
  })

  it('encodes all 65,536 samples as the ITU reference code', () => {
    expect(encodeMuLaw(everySample)).toEqual(encodeByTheBook(muLaw))
  })

  it('writes silence as 0xFF', () => {
    expect([...encodeMuLaw(new Int16Array(3))]).toEqual([0xff, 0xff, 0xff])
    expect([...decodeMuLaw(Uint8Array.of(0xff, 0x7f, 0x80, 0x00))]).toEqual([0, 0, 32124, -32124])
  })

  it('restores every code except the second zero', () => {
    const again = encodeMuLaw(decodeMuLaw(everyCode))
    expect(again.filter((code, index) => code !== index)).toEqual(Uint8Array.of(0xff))
  })

  it('has a signal-to-noise ratio of at least 37 dB for a tone', () => {
    const coded = toFloat32(decodeMuLaw(encodeMuLaw(toInt16(tone(1_020, 8_000, 8_000)))))
    expect(fitSine(coded, 1_020, 8_000).sinad).toBeGreaterThan(37)
  })
})

describe('A-law', () => {
  it('has the decision values of the standard', () => {
    expect([16, 32, 48, 64, 80, 96, 112, 128].map((n) => aLaw.decisions[n])).toEqual([
      32, 64, 128, 256, 512, 1024, 2048, 4096,
    ])
  })

  it('decodes all 256 codes as in G.711', () => {
    expect(decodeALaw(everyCode)).toEqual(decodeByTheBook(aLaw, aLaw.levelOf))
  })

  it('encodes all 65,536 samples as the ITU reference code', () => {
    expect(encodeALaw(everySample)).toEqual(encodeByTheBook(aLaw))
  })

  it('writes silence as 0xD5', () => {
    expect([...encodeALaw(new Int16Array(2))]).toEqual([0xd5, 0xd5])
    expect([...decodeALaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))]).toEqual([8, -8, 32256, -32256])
  })

  it('restores every code', () => {
    expect(encodeALaw(decodeALaw(everyCode))).toEqual(everyCode)
  })

  it('has a signal-to-noise ratio of at least 37 dB for a tone', () => {
    const coded = toFloat32(decodeALaw(encodeALaw(toInt16(tone(1_020, 8_000, 8_000)))))
    expect(fitSine(coded, 1_020, 8_000).sinad).toBeGreaterThan(37)
  })
})
