/**
 * Audio functions without dependencies: PCM16, G.711, base64, WAV, resampling, chunking, and levels.
 *
 * @example
 * ```ts
 * const { channels, sampleRate } = readWav(file)
 * const samples = resample(downmix(channels), sampleRate, 24_000)
 * session.audio.append(encodePcm16(samples))
 * ```
 *
 * @module realtime-primitives/audio
 */

export { decodeBase64, encodeBase64 } from './base64.js'
export { type CallMixer, type CallMixerOptions, type CallSide, createCallMixer } from './call-mixer.js'
export { type Chunker, type ChunkerOptions, createChunker } from './chunk.js'
export { downmix } from './downmix.js'
export {
  type AudioFormatLike,
  type AudioFormatName,
  type AudioLayout,
  audioLayout,
  bytesToMs,
  msToBytes,
  msToSamples,
  samplesToMs,
} from './duration.js'
export { AudioError, type AudioErrorCode, type AudioErrorData, type InvalidWav, isAudioError } from './error.js'
export { type FadeOptions, fade } from './fade.js'
export { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.js'
export { bytesToInt16, int16ToBytes, type QuantizeOptions, toFloat32, toInt16 } from './int16.js'
export { createJitterBuffer, type JitterBuffer, type JitterBufferOptions, type PulledSamples } from './jitter-buffer.js'
export { fromDecibels, type Level, measureLevel, toDecibels } from './level.js'
export {
  createPcm16Decoder,
  createPcm16Encoder,
  decodePcm16,
  encodePcm16,
  type Pcm16Decoder,
  type Pcm16Encoder,
} from './pcm16.js'
export { type ReadWavOptions, readWav, type WavFile } from './read-wav.js'
export { createResampler, type ResampleQuality, type Resampler, type ResamplerOptions, resample } from './resample.js'
export { silence } from './silence.js'
export type { WavEncoding, WavFormat } from './wav-format.js'
export {
  createWavWriter,
  type WavOptions,
  type WavSamples,
  type WavWriter,
  type WavWriterOptions,
  writeWav,
} from './write-wav.js'
