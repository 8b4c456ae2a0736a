import fc from 'fast-check'
import { createWavWriter, encodePcm16, readWav, type WavOptions, writeWav } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf, createRandom, noise } from './signal.js'
import { join, pack, wavBytes } from './wav-bytes.js'

describe('writeWav', () => {
  it('writes 16-bit PCM in the specified layout', () => {
    const written = writeWav(Float32Array.of(0, 0.5, -1, 1), { sampleRate: 24_000 })
    expect(written).toEqual(wavBytes({ data: pack('Int16', [0, 16384, -32768, 32767]) }))
  })

  it('accepts floats, 16-bit samples, and bytes', () => {
    const floats = Float32Array.of(0, 0.5, -1, 0.25)
    const written = writeWav(floats, { sampleRate: 8_000 })
    expect(writeWav(Int16Array.of(0, 16384, -32768, 8192), { sampleRate: 8_000 })).toEqual(written)
    expect(writeWav(encodePcm16(floats), { sampleRate: 8_000 })).toEqual(written)
    expect(writeWav([floats], { sampleRate: 8_000 })).toEqual(written)
  })

  it('interleaves channels of different kinds', () => {
    const stereo = writeWav([Int16Array.of(1, 2), Float32Array.of(0.5, -0.5)], { sampleRate: 48_000 })
    expect(stereo).toEqual(
      wavBytes({ channelCount: 2, sampleRate: 48_000, data: pack('Int16', [1, 16384, 2, -16384]) }),
    )
  })

  it.each<WavOptions['encoding']>(['pcm16', 'float32'])('writes %s that reads back', (encoding) => {
    const channels = [noise(500, 1), noise(500, 2)]
    const file = readWav(writeWav(channels, { sampleRate: 44_100, ...(encoding && { encoding }) }))
    expect(file).toMatchObject({ sampleRate: 44_100, channelCount: 2 })
    file.channels.forEach((channel, number) => {
      channel.forEach((sample, index) => {
        const error = Math.abs(sample - (channels[number]?.[index] as number))
        expect(error).toBeLessThanOrEqual(encoding === 'float32' ? 0 : 1 / 65536)
      })
    })
  })

  it('preserves values above full scale in float32', () => {
    const bytes = writeWav([Float32Array.of(3, -7), Int16Array.of(-32768, 0)], {
      sampleRate: 16_000,
      encoding: 'float32',
    })
    expect(readWav(bytes).channels.map((channel) => [...channel])).toEqual([
      [3, -7],
      [-1, 0],
    ])
    expect(bytes).toHaveLength(58 + 16)
    expect([...bytes.subarray(38, 50)]).toEqual([...join([pack('Uint8', [102, 97, 99, 116, 4, 0, 0, 0, 2, 0, 0, 0])])])
  })

  it('dithers with the dither option', () => {
    const quiet = new Float32Array(100).fill(0.25 / 32768)
    const plain = writeWav(quiet, { sampleRate: 24_000 })
    const dithered = writeWav(quiet, { sampleRate: 24_000, dither: 'tpdf', random: createRandom(1) })
    expect(new Set(plain.subarray(44))).toEqual(new Set([0]))
    expect(new Set(readWav(dithered).channels[0]?.map((sample) => sample * 32768))).toEqual(new Set([-1, 0, 1]))
  })

  it('writes a file without samples', () => {
    expect(writeWav(new Float32Array(0), { sampleRate: 24_000 })).toEqual(wavBytes())
  })

  it('throws INVALID_OPTION for invalid options and channels', () => {
    const sound = new Float32Array(3)
    const messageOf = (action: () => unknown) => audioErrorOf(action).shortMessage
    expect(messageOf(() => writeWav(sound, { sampleRate: 0 }))).toBe(
      `The option "sampleRate" must be a whole number from 1 to 4294967295, not 0.`,
    )
    expect(messageOf(() => writeWav([], { sampleRate: 8_000 }))).toBe(
      `The option "channelCount" must be a whole number from 1 to 65535, not 0.`,
    )
    expect(messageOf(() => writeWav([sound, new Int16Array(4)], { sampleRate: 8_000 }))).toBe(
      `The option "channels" must all have the same length, not 3 and 4 samples.`,
    )
    expect(messageOf(() => writeWav(sound, { sampleRate: 8_000, encoding: 'mp3' as 'pcm16' }))).toBe(
      `The option "encoding" must be 'pcm16' or 'float32'.`,
    )
    expect(audioErrorOf(() => writeWav(new Uint8Array(3), { sampleRate: 8_000 })).code).toBe('ODD_BYTE_COUNT')
  })
})

describe('createWavWriter', () => {
  it('writes the same file as writeWav once its header is final', () => {
    const samples = noise(300)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 120 }), { maxLength: 8 }), (sizes) => {
        const writer = createWavWriter({ sampleRate: 24_000 })
        const pieces: Uint8Array[] = []
        let start = 0
        for (const size of [...sizes, samples.length]) {
          pieces.push(writer.write(samples.subarray(start, start + size)))
          start += size
        }
        expect(join([writer.finalHeader(), ...pieces])).toEqual(writeWav(samples, { sampleRate: 24_000 }))
        expect(writer.sampleCount).toBe(300)
      }),
    )
  })

  it.each<[WavOptions['encoding'], number]>([
    ['pcm16', 44],
    ['float32', 58],
  ])('starts %s with a header of %i bytes whose sizes are open, and which reads as it is', (encoding, length) => {
    const writer = createWavWriter({ sampleRate: 24_000, channelCount: 2, ...(encoding && { encoding }) })
    expect(writer.header).toHaveLength(length)
    expect(writer.finalHeader()).toHaveLength(length)
    expect([...writer.header.subarray(4, 8)]).toEqual([255, 255, 255, 255])
    const file = readWav(join([writer.header, writer.write([Float32Array.of(0.5), Float32Array.of(-0.5)])]))
    expect(file.channels.map((channel) => [...channel])).toEqual([[0.5], [-0.5]])
  })

  it('returns a correct finalHeader() after each write', () => {
    const writer = createWavWriter({ sampleRate: 24_000 })
    const first = writer.write(new Int16Array(10))
    expect(readWav(join([writer.finalHeader(), first])).channels[0]).toHaveLength(10)
    const second = writer.write(new Int16Array(5))
    expect(readWav(join([writer.finalHeader(), first, second])).channels[0]).toHaveLength(15)
  })

  it('throws INVALID_OPTION for another number of channels and does not count its samples', () => {
    const writer = createWavWriter({ sampleRate: 24_000, channelCount: 2 })
    expect(audioErrorOf(() => writer.write(new Float32Array(4))).shortMessage).toBe(
      `The option "channels" must contain 2 channels, not 1.`,
    )
    expect(audioErrorOf(() => writer.write([new Float32Array(4), new Float32Array(3)])).code).toBe('INVALID_OPTION')
    expect(writer.sampleCount).toBe(0)
  })
})
