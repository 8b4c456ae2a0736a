import type { RTCRtpCodecParameters } from 'werift'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../../audio/g711.js'
import { toFloat32, toInt16 } from '../../../audio/int16.js'
import { createResampler } from '../../../audio/resample.js'
import type { Opus } from './optional-packages.js'

/** Duration of the frames that the emulator sends, in milliseconds. */
export const frameMs = 20
/** Samples of PCM per frame, at 24 kHz. */
export const frameSamples = 480

/** A codec of one call: both directions, between PCM at 24 kHz and the payloads of RTP packets. */
export interface RtpCodec {
  /** Units of RTP timestamps per second. */
  readonly clockRate: number
  /** Encodes a frame of 20 ms. Returns `undefined` while too few samples for a packet are available. */
  encode(pcm: Int16Array): Uint8Array | undefined
  /**
   * Decodes a payload. Returns PCM, and the duration of the payload, which can be longer because a resampler returns its first samples late.
   * @throws When the payload is invalid.
   */
  decode(payload: Uint8Array): { readonly pcm: Int16Array; readonly durationMs: number }
  /** Releases the memory of the codec. */
  free(): void
}

/** Creates the codecs of negotiated payload types. Codecs that the emulator does not support are left out. */
export async function createRtpCodecs(
  negotiated: readonly RTCRtpCodecParameters[],
  opus: Opus | undefined,
): Promise<ReadonlyMap<number, RtpCodec>> {
  const codecs = new Map<number, RtpCodec>()
  for (const { mimeType, payloadType } of negotiated) {
    const name = mimeType.toLowerCase()
    if (name === 'audio/pcmu') codecs.set(payloadType, g711Codec(encodeMuLaw, decodeMuLaw))
    if (name === 'audio/pcma') codecs.set(payloadType, g711Codec(encodeALaw, decodeALaw))
    if (name === 'audio/opus' && opus) codecs.set(payloadType, await opusCodec(opus))
  }
  return codecs
}

function g711Codec(encode: (pcm: Int16Array) => Uint8Array, decode: (bytes: Uint8Array) => Int16Array): RtpCodec {
  const packetSamples = 160
  const toWire = createResampler({ from: 24_000, to: 8_000 })
  const toLine = createResampler({ from: 8_000, to: 24_000 })
  let waiting = new Int16Array(0)
  return {
    clockRate: 8_000,
    encode(pcm) {
      waiting = joined(waiting, toInt16(toWire.process(toFloat32(pcm))))
      // The resampler returns its first samples late.
      if (waiting.length < packetSamples) return undefined
      const packet = encode(waiting.subarray(0, packetSamples))
      waiting = waiting.slice(packetSamples)
      return packet
    },
    decode: (payload) => ({ pcm: toInt16(toLine.process(toFloat32(decode(payload)))), durationMs: payload.length / 8 }),
    free() {},
  }
}

async function opusCodec({ createDecoder, createEncoder, Application }: Opus): Promise<RtpCodec> {
  // libopus resamples: the clock rate of RTP does not depend on the sample rate of the PCM (RFC 7587, section 4.1).
  const pcm = { sampleRate: 24_000, channels: 1 } as const
  const encoder = await createEncoder({
    ...pcm,
    frameSize: frameSamples,
    application: Application.Audio,
    bitrate: 64_000,
    complexity: 0,
  })
  const decoder = await createDecoder(pcm)
  return {
    clockRate: 48_000,
    encode: (frame) => encoder.encode(frame),
    decode(payload) {
      const decoded = decoder.decode(payload)
      return { pcm: decoded, durationMs: decoded.length / 24 }
    },
    free() {
      encoder.free()
      decoder.free()
    },
  }
}

function joined(first: Int16Array, second: Int16Array): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
