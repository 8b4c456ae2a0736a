import fc from 'fast-check'
import { isAudioError, readWav, type WavFile } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf, unaligned } from './signal.js'
import { chunk, formatChunk, join, pack, text, type WavParts, wavBytes } from './wav-bytes.js'

const list = chunk('LIST', text('INFOISFT\x03\x00\x00\x00abc'))
const sound = pack('Int16', [0, 16384, -32768, 32767, -1])

describe('readWav', () => {
  const formats: readonly { name: string; parts: WavParts; samples: readonly number[] }[] = [
    { name: '8-bit PCM', parts: { bits: 8, data: Uint8Array.of(0, 64, 128, 255) }, samples: [-1, -0.5, 0, 127 / 128] },
    {
      name: '16-bit PCM',
      parts: { bits: 16, data: pack('Int16', [-32768, -1, 0, 32767]) },
      samples: [-1, -1 / 32768, 0, 32767 / 32768],
    },
    {
      name: '24-bit PCM',
      parts: { bits: 24, data: Uint8Array.of(0, 0, 0x80, 0xff, 0xff, 0xff, 0, 0, 0x40, 0xff, 0xff, 0x7f) },
      samples: [-1, -1 / 8388608, 0.5, 8388607 / 8388608],
    },
    {
      name: '32-bit PCM',
      parts: { bits: 32, data: pack('Int32', [-(2 ** 31), -(2 ** 30), 1, 2 ** 30]) },
      samples: [-1, -0.5, 2 ** -31, 0.5],
    },
    {
      name: '32-bit float',
      parts: { tag: 3, bits: 32, data: pack('Float32', [-1, 0.25, 3, Number.NaN]) },
      samples: [-1, 0.25, 3, Number.NaN],
    },
    {
      name: '64-bit float',
      parts: { tag: 3, bits: 64, data: pack('Float64', [-1, 0.25, 1e-3]) },
      samples: [-1, 0.25, Math.fround(1e-3)],
    },
    { name: 'mu-law', parts: { tag: 7, bits: 8, data: Uint8Array.of(0xff, 0x80) }, samples: [0, 32124 / 32768] },
    { name: 'A-law', parts: { tag: 6, bits: 8, data: Uint8Array.of(0xd5, 0xaa) }, samples: [8 / 32768, 32256 / 32768] },
    {
      name: '20 bits in the upper part of 24',
      parts: { bits: 20, data: Uint8Array.of(0, 0, 0x40) },
      samples: [0.5],
    },
  ]

  it.each(formats)('reads $name', ({ parts, samples }) => {
    const file = readWav(wavBytes(parts))
    expect([...(file.channels[0] ?? [])]).toEqual(samples)
    expect(file).toMatchObject({ sampleRate: 24_000, channelCount: 1, durationMs: samples.length / 24 })
  })

  it.each(formats)('reads extensible $name at any byte offset', ({ parts, samples }) => {
    const file = readWav(unaligned(wavBytes({ ...parts, extensible: true })))
    expect([...(file.channels[0] ?? [])]).toEqual(samples)
  })

  it('returns the format of the samples', () => {
    const { encoding, bitsPerSample, sampleRate } = readWav(wavBytes({ tag: 3, bits: 32, sampleRate: 44_100 }))
    expect({ encoding, bitsPerSample, sampleRate }).toEqual({
      encoding: 'float',
      bitsPerSample: 32,
      sampleRate: 44_100,
    })
  })

  it('separates the channels', () => {
    const file = readWav(
      wavBytes({
        channelCount: 3,
        data: pack(
          'Int16',
          [1, 2, 3, 4, 5, 6].map((n) => n * 4096),
        ),
      }),
    )
    expect(file.channels.map((channel) => [...channel])).toEqual([
      [0.125, 0.5],
      [0.25, 0.625],
      [0.375, 0.75],
    ])
  })

  it('skips unknown chunks, with padding for odd lengths', () => {
    const odd = chunk('junk', Uint8Array.of(1, 2, 3))
    const file = readWav(
      wavBytes({ data: sound, before: [odd, list, chunk('bext', new Uint8Array(602))], after: [list] }),
    )
    expect(file.channels[0]).toHaveLength(5)
  })

  it('reads a file without samples', () => {
    expect(readWav(wavBytes()).channels).toEqual([new Float32Array(0)])
    expect(readWav(wavBytes({ after: [list] })).channels).toEqual([new Float32Array(0)])
  })

  it('drops an incomplete frame', () => {
    const file = readWav(wavBytes({ channelCount: 2, data: sound }))
    expect(file.channels.map((channel) => channel.length)).toEqual([2, 2])
  })

  it.each([
    ['nothing', 0, 0],
    ['the most', 0xffffffff, 0xffffffff],
    ['the most less the header', 0xffffffff, 0xffffffdb],
    ['what sox and espeak-ng write', 0x7ffff024, 0x7ffff000],
    ['the header alone', 36, 0],
    ['frames of 16 bits as setnframes(1_000_000_000) leaves them', 2_000_000_036, 2_000_000_000],
    ['frames of 8 bits as setnframes(1_000_000_000) leaves them', 1_000_000_036, 1_000_000_000],
    ['a placeholder for the file and nothing for the sound', 2_000_000_036, 0],
    ['a placeholder for the sound alone', 41, 4_000_000_000],
  ])('reads to the end when a streaming writer has stored %s as the sizes', (_, riffSize, dataSize) => {
    const bytes = join([wavBytes({ data: sound, riffSize, dataSize }), Uint8Array.of(7)])
    expect(readWav(bytes).channels[0]).toHaveLength(5)
  })

  it('accepts correct large sizes', () => {
    const file = readWav(wavBytes({ data: sound, riffSize: 0xffffffff, after: [list] }))
    expect(file.channels[0]).toHaveLength(5)
  })
})

describe('readWav with G.711 and an unusual number of bits', () => {
  it.each<[string, WavParts]>([
    ['0 bits', { bits: 0, container: 1 }],
    ['16 bits', { bits: 16, container: 1 }],
    ['16 bits and a block align to match', { bits: 16, container: 2 }],
    ['0 bits and no block align', { bits: 0, container: 0 }],
  ])('reads 8 bits where the header has %s', (_, parts) => {
    const muLaw = readWav(wavBytes({ tag: 7, data: Uint8Array.of(0xff, 0x80), ...parts }))
    expect([...(muLaw.channels[0] ?? [])]).toEqual([0, 32124 / 32768])
    expect(muLaw).toMatchObject({ encoding: 'mu-law', bitsPerSample: 8 })
    const aLaw = readWav(wavBytes({ tag: 6, data: Uint8Array.of(0xd5, 0xaa), ...parts }))
    expect([...(aLaw.channels[0] ?? [])]).toEqual([8 / 32768, 32256 / 32768])
  })

  it('reads stereo', () => {
    const data = Uint8Array.of(0xff, 0x80, 0x80, 0xff)
    const file = readWav(wavBytes({ tag: 7, bits: 16, container: 1, channelCount: 2, data }))
    expect(file.channels.map((channel) => channel[0])).toEqual([0, 32124 / 32768])
  })
})

it('readWav reads 24 bits in containers of 32', () => {
  const file = readWav(wavBytes({ bits: 24, container: 4, data: pack('Int32', [2 ** 30, -(2 ** 31)]) }))
  expect([...(file.channels[0] ?? [])]).toEqual([0.5, -1])
})

describe('readWav with onTruncated', () => {
  const whole = wavBytes({ data: pack('Int16', [0, 16384, -32768, 32767]), after: [list] })

  it('returns the samples that are there', () => {
    const cut = whole.subarray(0, 44 + 5)
    expect(audioErrorOf(() => readWav(cut, { onTruncated: 'throw' })).data).toEqual({
      reason: 'truncated',
      expectedBytes: 52,
      foundBytes: 49,
    })
    const file = readWav(cut, { onTruncated: 'read' })
    expect([...(file.channels[0] ?? [])]).toEqual([0, 0.5])
    expect(file.durationMs).toBe(2 / 24)
    expect(readWav(whole.subarray(0, 44), { onTruncated: 'read' }).channels).toEqual([new Float32Array(0)])
  })

  it('reads a complete file as without the option', () => {
    expect(readWav(whole, { onTruncated: 'read' })).toEqual(readWav(whole))
  })

  it.each([3, 12, 30, 36, 40])('throws when the file ends after %i bytes, before its samples', (length) => {
    const error = audioErrorOf(() => readWav(whole.subarray(0, length), { onTruncated: 'read' }))
    expect(error.data).toMatchObject({ reason: 'truncated', foundBytes: length })
  })

  it('rejects other values', () => {
    const error = audioErrorOf(() => readWav(whole, { onTruncated: true as unknown as 'read' }))
    expect(error.shortMessage).toMatch(/^The option "onTruncated" must be 'throw' or 'read'\./)
  })
})

describe('readWav rejects', () => {
  it('an empty file', () => {
    const error = audioErrorOf(() => readWav(new Uint8Array(0)))
    expect(error.shortMessage).toBe(`The WAV file is empty. Export it as WAV again, or copy the complete file.`)
    expect(error.data).toEqual({ reason: 'empty' })
  })

  it.each([
    ['text', text('Hello, this is no sound at all.')],
    ['an MP3', Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['another RIFF file', text('RIFF\x04\x00\x00\x00AVI LIST')],
    ['one byte', Uint8Array.of(0)],
  ])('%s', (_, bytes) => {
    const error = audioErrorOf(() => readWav(bytes))
    expect(error.shortMessage).toBe(
      `The WAV file does not start with "RIFF" and "WAVE". Export it as WAV again, or copy the complete file.`,
    )
  })

  it('truncated samples, with the number of missing bytes', () => {
    const whole = wavBytes({ data: new Uint8Array(1_000) })
    const error = audioErrorOf(() => readWav(whole.subarray(0, 700)))
    expect(error.shortMessage).toBe(
      `The WAV file is truncated: its headers specify 1044 bytes, but it has 700. Export it as WAV again, or copy the complete file.`,
    )
    expect(error.data).toEqual({ reason: 'truncated', expectedBytes: 1_044, foundBytes: 700 })
  })

  it('a truncated header', () => {
    const whole = wavBytes({ data: sound })
    const reasonOf = (length: number) => audioErrorOf(() => readWav(whole.subarray(0, length))).data
    expect(reasonOf(3)).toEqual({ reason: 'truncated', expectedBytes: 12, foundBytes: 3 })
    expect(reasonOf(12)).toEqual({ reason: 'truncated', expectedBytes: 54, foundBytes: 12 })
    expect(reasonOf(30)).toEqual({ reason: 'truncated', expectedBytes: 36, foundBytes: 30 })
    expect(reasonOf(36)).toEqual({ reason: 'truncated', expectedBytes: 54, foundBytes: 36 })
    expect(reasonOf(40)).toEqual({ reason: 'truncated', expectedBytes: 54, foundBytes: 40 })
  })

  it('a truncated header with open sizes', () => {
    const open = wavBytes({ data: sound, riffSize: 0xffffffff, dataSize: 0xffffffff })
    expect(audioErrorOf(() => readWav(open.subarray(0, 40))).data).toEqual({
      reason: 'truncated',
      expectedBytes: 44,
      foundBytes: 40,
    })
    expect(audioErrorOf(() => readWav(open.subarray(0, 36))).data).toEqual({ reason: 'no-data' })
  })

  it('a file without a data chunk', () => {
    const bytes = join([text('RIFF\x1c\x00\x00\x00WAVE'), formatChunk({})])
    expect(audioErrorOf(() => readWav(bytes)).shortMessage).toBe(
      `The WAV file has no "data" chunk. Export it as WAV again, or copy the complete file.`,
    )
  })

  it('a data chunk before the fmt chunk', () => {
    const bytes = join([text('RIFF\x10\x00\x00\x00WAVE'), chunk('data', sound)])
    expect(audioErrorOf(() => readWav(bytes)).shortMessage).toBe(
      `The WAV file has no "fmt " chunk before its samples. Export it as WAV again, or copy the complete file.`,
    )
  })

  it.each<[string, WavParts]>([
    ['no channels', { channelCount: 0 }],
    ['no rate', { sampleRate: 0 }],
    ['no bits', { bits: 0, container: 2 }],
    ['more bits than a sample has room for', { bits: 24, container: 2 }],
    ['floats of fewer bits than they take', { tag: 3, bits: 32, container: 8 }],
    ['samples that take no bytes', { container: 0 }],
  ])('a format with %s', (_, parts) => {
    expect(audioErrorOf(() => readWav(wavBytes({ data: sound, ...parts }))).shortMessage).toBe(
      `The WAV file has an inconsistent "fmt " chunk. Export it as WAV again, or copy the complete file.`,
    )
  })

  it.each<[string, WavParts, number, number]>([
    ['16-bit mono in 4 bytes', { container: 4 }, 4, 2],
    ['16-bit mono in 3 bytes', { container: 3 }, 3, 2],
    ['8-bit mono in 2 bytes', { bits: 8, container: 2 }, 2, 1],
    ['24-bit stereo in 10 bytes', { bits: 24, container: 5, channelCount: 2 }, 10, 6],
    ['mu-law in 2 bytes', { tag: 7, bits: 8, container: 2 }, 2, 1],
    ['A-law in 3 bytes with 16 bits', { tag: 6, bits: 16, container: 3 }, 3, 1],
  ])('a block align that does not fit: %s', (_, parts, blockAlign, expectedBlockAlign) => {
    const error = audioErrorOf(() => readWav(wavBytes({ data: sound, ...parts })))
    expect(error.data).toEqual({ reason: 'bad-format', blockAlign, expectedBlockAlign })
    expect(error.shortMessage).toBe(
      `The WAV file has an inconsistent "fmt " chunk: its block align is ${blockAlign} bytes, but its channels and bits per sample require ${expectedBlockAlign}. Export it as WAV again, or copy the complete file.`,
    )
  })

  it('mu-law with an invalid number of bits', () => {
    const bytes = wavBytes({ tag: 7, bits: 12, container: 1 })
    expect(audioErrorOf(() => readWav(bytes)).data).toEqual({ reason: 'bad-format' })
  })

  it('a format that is too short', () => {
    const short = join([text('RIFF\x20\x00\x00\x00WAVE'), chunk('fmt ', pack('Int16', [1, 1])), chunk('data', sound)])
    expect(audioErrorOf(() => readWav(short)).data).toEqual({ reason: 'bad-format' })
    const extensible = pack('Int16', [-2, 1, 24_000, 0, -17_536, 0, 2, 16])
    const cut = join([text('RIFF\x2c\x00\x00\x00WAVE'), chunk('fmt ', extensible), chunk('data', sound)])
    expect(audioErrorOf(() => readWav(cut)).data).toEqual({ reason: 'bad-format' })
  })

  it.each<[string, WavParts]>([
    ['WAV encoding 2', { tag: 2, bits: 4 }],
    ['WAV encoding 85', { tag: 85, extensible: true }],
    ['40-bit pcm WAV', { bits: 40 }],
    ['16-bit float WAV', { tag: 3, bits: 16 }],
  ])('%s', (format, parts) => {
    const error = audioErrorOf(() => readWav(wavBytes({ data: sound, ...parts })))
    expect(error.shortMessage).toBe(
      `The format ${format} is not supported. Convert the audio to a RIFF file with PCM of 8, 16, 24, or 32 bits, float of 32 or 64 bits, 8-bit mu-law, or 8-bit A-law.`,
    )
  })

  it('an extensible format of an unknown kind', () => {
    const bytes = wavBytes({ data: sound, extensible: true })
    bytes[50] = 0xee
    expect(audioErrorOf(() => readWav(bytes)).data).toMatchObject({ format: 'WAV encoding 65534' })
  })

  it('Wave64 files, which the error names', () => {
    const guid = [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 4, 0xc1, 0, 0]
    const bytes = join([text('riff'), Uint8Array.from(guid), new Uint8Array(8), text('wave'), new Uint8Array(40)])
    expect(audioErrorOf(() => readWav(bytes)).data).toMatchObject({ format: 'a WAV file of the kind W64' })
  })

  it.each(['RF64', 'BW64', 'RIFX'])('the relative %s', (name) => {
    const bytes = wavBytes({ data: sound })
    bytes.set(text(name))
    expect(audioErrorOf(() => readWav(bytes)).data).toMatchObject({ format: `a WAV file of the kind ${name}` })
  })
})

describe('readWav with damaged files', () => {
  const files: readonly { name: string; bytes: Uint8Array }[] = [
    { name: 'a plain file', bytes: wavBytes({ data: sound }) },
    { name: 'chunks around the sound', bytes: wavBytes({ data: sound, before: [list], after: [list] }) },
    { name: 'odd sound', bytes: wavBytes({ bits: 24, data: new Uint8Array(9), after: [list] }) },
    { name: 'extensible stereo', bytes: wavBytes({ extensible: true, channelCount: 2, data: new Uint8Array(16) }) },
    { name: 'open sizes', bytes: wavBytes({ data: sound, riffSize: 0xffffffff, dataSize: 0xffffffff }) },
    { name: 'zero sizes', bytes: wavBytes({ data: sound, riffSize: 0, dataSize: 0 }) },
  ]

  it.each(files)('reads every prefix of $name or throws INVALID_WAV', ({ bytes }) => {
    const whole = readWav(bytes).channels
    for (let length = 0; length < bytes.length; length++) {
      const reading = attempt(bytes.slice(0, length))
      if (reading instanceof Error) expect(isAudioError(reading, 'INVALID_WAV')).toBe(true)
      else expect(reading.channels).toEqual(whole.map((channel, n) => channel.slice(0, reading.channels[n]?.length)))
    }
  })

  it.each(files)('reads $name with bytes changed, or throws an AudioError', ({ bytes }) => {
    const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice()
        for (const [index, value] of changes) damaged[index] = value
        const reading = attempt(damaged)
        if (reading instanceof Error) expect(isAudioError(reading)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

function attempt(bytes: Uint8Array): WavFile | Error {
  try {
    return readWav(bytes)
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}
