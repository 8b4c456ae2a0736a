import { AudioError, type InvalidWav, isAudioError } from 'realtime-primitives/audio'
import { describe, expect, expectTypeOf, it } from 'vitest'

const wavMessages: readonly [InvalidWav, string][] = [
  [{ reason: 'empty' }, 'The WAV file is empty. Export it as WAV again, or copy the complete file.'],
  [
    { reason: 'not-wav' },
    'The WAV file does not start with "RIFF" and "WAVE". Export it as WAV again, or copy the complete file.',
  ],
  [
    { reason: 'no-format' },
    'The WAV file has no "fmt " chunk before its samples. Export it as WAV again, or copy the complete file.',
  ],
  [
    { reason: 'bad-format' },
    'The WAV file has an inconsistent "fmt " chunk. Export it as WAV again, or copy the complete file.',
  ],
  [{ reason: 'no-data' }, 'The WAV file has no "data" chunk. Export it as WAV again, or copy the complete file.'],
  [
    { reason: 'truncated', expectedBytes: 96_044, foundBytes: 50_000 },
    `The WAV file is truncated: its headers specify 96044 bytes, but it has 50000. Export it as WAV again, or copy the complete file.`,
  ],
]

describe('AudioError', () => {
  it.each(wavMessages)('explains why a WAV file cannot be read: %o', (data, sentence) => {
    expect(new AudioError('INVALID_WAV', data).shortMessage).toBe(sentence)
  })

  it('names the unsupported format and the supported ones', () => {
    const error = new AudioError('UNSUPPORTED_FORMAT', { format: 'audio/opus', supported: 'audio/pcm' })
    expect(error.shortMessage).toBe('The format audio/opus is not supported. Convert the audio to audio/pcm.')
  })

  it('contains the odd number of bytes', () => {
    const rest =
      'not a whole number of 16-bit samples. Pass whole samples, or decode the chunks of a stream with createPcm16Decoder().'
    expect(new AudioError('ODD_BYTE_COUNT', { byteLength: 1 }).shortMessage).toBe(`1 byte is ${rest}`)
    expect(new AudioError('ODD_BYTE_COUNT', { byteLength: 3 }).shortMessage).toBe(`3 bytes are ${rest}`)
  })

  it('contains the position of invalid base64 but not the text', () => {
    expect(new AudioError('INVALID_BASE64', { position: 4, length: 9 }).shortMessage).toBe(
      `The text is not base64: character 4 of 9 is invalid. Pass text in the standard base64 alphabet.`,
    )
    expect(new AudioError('INVALID_BASE64', { position: 9, length: 9 }).shortMessage).toBe(
      `The base64 text is incomplete after 9 characters. Pass the complete text.`,
    )
  })

  it('names the invalid option', () => {
    expect(new AudioError('INVALID_OPTION', { option: 'from', problem: 'must be a number' }).shortMessage).toBe(
      'The option "from" must be a number.',
    )
  })
})

describe('isAudioError', () => {
  const error: unknown = new AudioError('ODD_BYTE_COUNT', { byteLength: 3 })

  it('recognizes AudioError and an optional code', () => {
    expect(isAudioError(error)).toBe(true)
    expect(isAudioError(error, 'ODD_BYTE_COUNT')).toBe(true)
    expect(isAudioError(error, 'INVALID_WAV')).toBe(false)
    expect(isAudioError(new Error('other'))).toBe(false)
    expect(isAudioError(undefined)).toBe(false)
  })

  it('narrows the data to that of the code', () => {
    if (!isAudioError(error)) throw new Error('not recognised')
    if (error.code === 'ODD_BYTE_COUNT') expectTypeOf(error.data).toEqualTypeOf<{ byteLength: number }>()
    if (isAudioError(error, 'INVALID_WAV')) expectTypeOf(error.data).toEqualTypeOf<InvalidWav>()
  })
})
