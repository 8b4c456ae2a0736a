import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../audio/g711.js'
import { int16ToBytes, toFloat32, toInt16 } from '../audio/int16.js'
import { createPcm16Decoder } from '../audio/pcm16.js'
import { createResampler } from '../audio/resample.js'

/** Sound as a speaker takes it: bytes of its format, or samples at the rate of its format. */
export type PlayableSound = Uint8Array | Int16Array | Float32Array

/** Turns pieces of one stream in a format into float samples at another rate. */
export interface SoundDecoder {
  decode(sound: PlayableSound): Float32Array
  /** The end of the stream: what was held back. */
  flush(): Float32Array
}

/** Makes a decoder for one stream. @throws {AudioError} UNSUPPORTED_FORMAT. */
export function createSoundDecoder(format: AudioFormatLike, sampleRate: number): SoundDecoder {
  const pcm16 = createPcm16Decoder()
  const resampler = createResampler({ from: audioLayout(format).sampleRate, to: sampleRate })
  const type = typeof format === 'string' ? format : format.type

  function toSamples(sound: PlayableSound): Float32Array {
    if (sound instanceof Float32Array) return sound
    if (sound instanceof Int16Array) return toFloat32(sound)
    switch (type) {
      case 'audio/pcmu':
        return toFloat32(decodeMuLaw(sound))
      case 'audio/pcma':
        return toFloat32(decodeALaw(sound))
      default:
        return pcm16.decode(sound)
    }
  }

  return {
    decode: (sound) => resampler.process(toSamples(sound)),
    flush: () => resampler.flush(),
  }
}

/** Makes an encoder from float samples at a rate to the bytes of a format. @throws {AudioError} UNSUPPORTED_FORMAT. */
export function createSoundEncoder(format: AudioFormatLike, sampleRate: number): (samples: Float32Array) => Uint8Array {
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
