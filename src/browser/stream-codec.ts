import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../audio/g711.js'
import { int16ToBytes, toFloat32, toInt16 } from '../audio/int16.js'
import { createPcm16Decoder } from '../audio/pcm16.js'
import { createResampler } from '../audio/resample.js'

/** Audio for a speaker: bytes in the given format, or samples at the sample rate of the format. */
export type PlayableAudio = Uint8Array | Int16Array | Float32Array

/** Decodes the chunks of one stream to float samples at another sample rate. */
export interface StreamDecoder {
  decode(audio: PlayableAudio): Float32Array
  /** Returns the samples that the resampler still holds. */
  flush(): Float32Array
}

/**
 * Creates a decoder for one stream.
 * @throws {AudioError} `UNSUPPORTED_FORMAT`.
 */
export function createStreamDecoder(format: AudioFormatLike, sampleRate: number): StreamDecoder {
  const pcm16 = createPcm16Decoder()
  const resampler = createResampler({ from: audioLayout(format).sampleRate, to: sampleRate })
  const type = typeof format === 'string' ? format : format.type

  function toSamples(audio: PlayableAudio): Float32Array {
    if (audio instanceof Float32Array) return audio
    if (audio instanceof Int16Array) return toFloat32(audio)
    switch (type) {
      case 'audio/pcmu':
        return toFloat32(decodeMuLaw(audio))
      case 'audio/pcma':
        return toFloat32(decodeALaw(audio))
      default:
        return pcm16.decode(audio)
    }
  }

  return {
    decode: (audio) => resampler.process(toSamples(audio)),
    flush: () => resampler.flush(),
  }
}

/**
 * Creates an encoder from float samples at a sample rate to bytes in a format.
 * @throws {AudioError} `UNSUPPORTED_FORMAT`.
 */
export function createStreamEncoder(
  format: AudioFormatLike,
  sampleRate: number,
): (samples: Float32Array) => Uint8Array {
  const resampler = createResampler({ from: sampleRate, to: audioLayout(format).sampleRate })
  const type = typeof format === 'string' ? format : format.type
  return (samples) => {
    const pcm16 = toInt16(resampler.process(samples))
    switch (type) {
      case 'audio/pcmu':
        return encodeMuLaw(pcm16)
      case 'audio/pcma':
        return encodeALaw(pcm16)
      default:
        return int16ToBytes(pcm16)
    }
  }
}
