import { type PcmAudio, resampleAudio } from '../emulator/pcm-audio.js'

/**
 * The shape of speech over time: the level of each band in each frame, in dB above a floor. It is limited to the bands that a telephone carries, and
 * audio that is much quieter than the loudest frame counts as silence, so noise has little influence.
 */
export interface Fingerprint {
  readonly frames: number
  /** Levels from 0 to 30, `bandCount` for each frame. */
  readonly levels: Uint8Array
}

/** Duration between two frames in milliseconds. */
export const frameMs = 20

/** Number of bands. */
export const bandCount = 10

const rate = 8_000
const hop = (rate * frameMs) / 1_000
const size = 256
// Limits of the bands as numbers of bins of 31.25 Hz: 250 to 3,400 Hz.
const edges = [8, 13, 18, 24, 31, 39, 49, 61, 75, 91, 109]
const rangeDb = 30

/** Returns the fingerprint of audio. */
export function fingerprintOf(audio: PcmAudio): Fingerprint {
  const pcm = audio.rate === 3 * rate ? third(audio.pcm) : resampleAudio(audio, rate).pcm
  const frames = Math.max(0, Math.floor((pcm.length - size) / hop) + 1)
  const measure = createSpectrumMeter()
  const decibels = new Float32Array(frames * bandCount)
  let loudest = -200
  for (let frame = 0; frame < frames; frame += 2) {
    const powers = measure(pcm, frame * hop, (frame + 1) * hop)
    for (let index = 0; index < 2 && frame + index < frames; index++) {
      const power = powers[index] as Float64Array
      for (let band = 0; band < bandCount; band++) {
        let sum = 0
        for (let bin = edges[band] as number; bin < (edges[band + 1] as number); bin++) sum += power[bin] as number
        const db = 10 * Math.log10(sum + 1)
        decibels[(frame + index) * bandCount + band] = db
        if (db > loudest) loudest = db
      }
    }
  }
  const levels = new Uint8Array(decibels.length)
  for (let at = 0; at < levels.length; at++)
    levels[at] = Math.max(0, Math.round((decibels[at] as number) - loudest + rangeDb))
  return { frames, levels }
}

/** A low-pass filter for {@link third}, which removes what a rate of 8 kHz cannot contain. */
const taps = Float32Array.from({ length: 31 }, (_, at) => {
  const x = at - 15
  const sinc = x === 0 ? 1 / 3 : Math.sin((Math.PI * x) / 3) / (Math.PI * x)
  return sinc * (0.54 + 0.46 * Math.cos((Math.PI * x) / 16))
})

/** Resamples 24 kHz to 8 kHz. Faster than the resampler of the library, and precise enough for levels of bands. */
function third(pcm: Int16Array): Int16Array {
  const half = taps.length >> 1
  const out = new Int16Array(Math.ceil(pcm.length / 3))
  for (let at = 0; at < out.length; at++) {
    const center = 3 * at
    const first = Math.max(0, center - half)
    const last = Math.min(pcm.length - 1, center + half)
    let sum = 0
    for (let from = first; from <= last; from++) sum += (pcm[from] as number) * (taps[from - center + half] as number)
    out[at] = Math.max(-32_768, Math.min(32_767, Math.round(sum)))
  }
  return out
}

/**
 * Returns a function that measures the power of each bin of two windowed frames with one Fourier transform of 256 points: the first frame is its
 * real part and the second one its imaginary part. Samples after the end count as silence.
 */
function createSpectrumMeter(): (
  pcm: Int16Array,
  from: number,
  fromNext: number,
) => readonly [Float64Array, Float64Array] {
  const real = new Float64Array(size)
  const imaginary = new Float64Array(size)
  const powers = [new Float64Array(size / 2), new Float64Array(size / 2)] as const
  const window = Float64Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
  const cosines = Float64Array.from({ length: size / 2 }, (_, at) => Math.cos((2 * Math.PI * at) / size))
  const sines = Float64Array.from({ length: size / 2 }, (_, at) => -Math.sin((2 * Math.PI * at) / size))
  const reversed = Uint8Array.from({ length: size }, (_, at) => reverseBits(at))

  function transform(): void {
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half)
      for (let start = 0; start < size; start += 2 * half) {
        for (let at = 0; at < half; at++) {
          const cosine = cosines[at * stride] as number
          const sine = sines[at * stride] as number
          const low = start + at
          const high = low + half
          const x = (real[high] as number) * cosine - (imaginary[high] as number) * sine
          const y = (real[high] as number) * sine + (imaginary[high] as number) * cosine
          real[high] = (real[low] as number) - x
          imaginary[high] = (imaginary[low] as number) - y
          real[low] = (real[low] as number) + x
          imaginary[low] = (imaginary[low] as number) + y
        }
      }
    }
  }

  return (pcm, from, fromNext) => {
    for (let at = 0; at < size; at++) {
      const index = reversed[at] as number
      const weight = window[at] as number
      real[index] = (pcm[from + at] ?? 0) * weight
      imaginary[index] = (pcm[fromNext + at] ?? 0) * weight
    }
    transform()
    for (let bin = 1; bin < size / 2; bin++) {
      const x = real[bin] as number
      const y = imaginary[bin] as number
      const mirroredX = real[size - bin] as number
      const mirroredY = imaginary[size - bin] as number
      powers[0][bin] = ((x + mirroredX) ** 2 + (y - mirroredY) ** 2) / 4
      powers[1][bin] = ((y + mirroredY) ** 2 + (x - mirroredX) ** 2) / 4
    }
    return powers
  }
}

function reverseBits(value: number): number {
  let reversed = 0
  for (let bit = 1; bit < size; bit *= 2) reversed = reversed * 2 + (value & bit ? 1 : 0)
  return reversed
}
