import { AudioError, type InvalidWav, isAudioError } from 'realtime-primitives/audio'
import { describe, expect, expectTypeOf, it } from 'vitest'

const wavMessages: readonly [InvalidWav, string][] = [
  [{ reason: 'empty' }, 'The WAV file is empty; record or copy it again.'],
  [{ reason: 'not-wav' }, 'This is not a WAV file: it does not start with RIFF and WAVE; convert it to WAV first.'],
  [
    { reason: 'no-format' },
    'The WAV file has no "fmt " chunk before its samples, so its format is unknown; write the file again.',
  ],
  [{ reason: 'bad-format' }, 'The "fmt " chunk of the WAV file contradicts itself; write the file again.'],
  [{ reason: 'no-data' }, 'The WAV file has no "data" chunk, so it contains no audio; write the file again.'],
  [
    { reason: 'truncated', expectedBytes: 96_044, foundBytes: 50_000 },
    'The WAV file is cut off: its headers announce 96044 bytes and it has 50000; copy the whole file.',
  ],
]

describe('AudioError', () => {
  it.each(wavMessages)('explains why a WAV file cannot be read: %o', (data, sentence) => {
    expect(new AudioError('INVALID_WAV', data).message).toBe(
      `${sentence} (INVALID_WAV, see docs/reference/errors.md#invalid_wav)`,
    )
  })

  it('names the unsupported format and the supported ones', () => {
    const error = new AudioError('UNSUPPORTED_FORMAT', { format: 'audio/opus', supported: 'audio/pcm' })
    expect(error.message).toBe(
      'Cannot read audio/opus; convert the audio to audio/pcm. (UNSUPPORTED_FORMAT, see docs/reference/errors.md#unsupported_format)',
    )
  })

  it('contains the odd number of bytes', () => {
    const rest =
      'in the middle of a 16-bit sample; pass whole samples, or decode the pieces of a stream with createPcm16Decoder(). (ODD_BYTE_COUNT, see docs/reference/errors.md#odd_byte_count)'
    expect(new AudioError('ODD_BYTE_COUNT', { byteLength: 1 }).message).toBe(`1 byte ends ${rest}`)
    expect(new AudioError('ODD_BYTE_COUNT', { byteLength: 3 }).message).toBe(`3 bytes end ${rest}`)
  })

  it('contains the position of invalid base64 but not the text', () => {
    const docs = '(INVALID_BASE64, see docs/reference/errors.md#invalid_base64)'
    expect(new AudioError('INVALID_BASE64', { position: 4, length: 9 }).message).toBe(
      `The text is not base64: character 4 of 9 does not belong there; pass the standard alphabet. ${docs}`,
    )
    expect(new AudioError('INVALID_BASE64', { position: 9, length: 9 }).message).toBe(
      `The base64 text ends too early, after 9 characters; pass all of it. ${docs}`,
    )
  })

  it('names the invalid option', () => {
    expect(new AudioError('INVALID_OPTION', { option: 'from', problem: 'must be a number' }).message).toBe(
      'The option "from" must be a number. (INVALID_OPTION, see docs/reference/errors.md#invalid_option)',
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
