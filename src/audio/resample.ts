import { type Cursor, convolveInterpolated, convolveRational } from './convolve.js'
import { AudioError } from './error.js'
import { createFilterBank, type FilterDesign } from './filter-bank.js'

/**
 * `voice` is fast, for speech and the Realtime API. `best` keeps aliases below the resolution of float samples and takes about two and a
 * half times
 * the work and delay.
 */
export type ResampleQuality = 'voice' | 'best'

/** Options of {@link createResampler}. */
export interface ResamplerOptions {
  /** Input sample rate in hertz: an integer from 1,000 to 768,000. */
  readonly from: number
  /** Output sample rate in hertz: an integer from 1,000 to 768,000. */
  readonly to: number
  /**
   * Both are flat up to 0.9 of the smaller Nyquist frequency. `voice` attenuates aliases by 120 dB above 1.1, so frequencies in the last
   * tenth can
   * alias into it. `best` attenuates all aliases by 150 dB.
   * @defaultValue 'voice'
   */
  readonly quality?: ResampleQuality
}

/** Converts the sample rate of one stream of mono samples. */
export interface Resampler {
  /**
   * Adds samples and returns the output that is complete. The result does not depend on the chunk size. Output sample `k` belongs to the
   * time
   * `k / to`, so no delay has to be compensated.
   */
  process(samples: Float32Array): Float32Array<ArrayBuffer>
  /** Ends the stream and returns the remaining output: `n` input samples give `round(n * to / from)` in total. Resets the resampler. */
  flush(): Float32Array<ArrayBuffer>
  /** Drops the buffered samples and resets the resampler. */
  reset(): void
  /** Delay between an input sample and its output, in seconds. */
  readonly delay: number
}

const designs: Readonly<Record<ResampleQuality, FilterDesign>> = {
  voice: { attenuation: 125, pass: 0.9, stop: 1.1 },
  best: { attenuation: 150, pass: 0.9, stop: 1 },
}

const blockLength = 2048

/**
 * Creates a resampler for a stream of mono samples. Samples before the start and after the end count as silence.
 * @throws {@link AudioError} INVALID_OPTION when a rate or the quality is invalid.
 * @example
 * ```ts
 * const resampler = createResampler({ from: 48_000, to: 24_000 })
 * session.audio.append(encodePcm16(resampler.process(samples)))
 * ```
 */
export function createResampler({ from, to, quality = 'voice' }: ResamplerOptions): Resampler {
  assertRate('from', from)
  assertRate('to', to)
  if (!Object.hasOwn(designs, quality)) {
    throw new AudioError('INVALID_OPTION', { option: 'quality', problem: `must be 'voice' or 'best'` })
  }
  if (from === to) return passThrough()
  const divisor = greatestCommonDivisor(from, to)
  const up = to / divisor
  const down = from / divisor
  const bank = createFilterBank(up, down, designs[quality])
  const { taps, half } = bank
  const convolve = bank.interpolated ? convolveInterpolated : convolveRational
  const history = new Float64Array(taps + Math.ceil(down / up) + blockLength)

  // `history` has `filled` inputs. The next output needs `taps` of them from `cursor.base`.
  let filled = 0
  let taken = 0
  let given = 0
  const cursor: Cursor = { base: 0, phase: 0, up, down }

  function reset(): void {
    history.fill(0, 0, half - 1)
    filled = half - 1
    taken = 0
    given = 0
    cursor.base = 0
    cursor.phase = 0
  }

  function ready(available: number): number {
    const room = available - cursor.base - taps + 1
    return Math.max(0, Math.ceil((room * up - cursor.phase) / down))
  }

  function run(samples: Float32Array, output: Float32Array): void {
    let written = 0
    for (let start = 0; start < samples.length; start += blockLength) {
      const block = samples.subarray(start, start + blockLength)
      history.set(block, filled)
      filled += block.length
      const count = Math.min(ready(filled), output.length - written)
      convolve(bank, history, cursor, output, written, count)
      written += count
      history.copyWithin(0, cursor.base, filled)
      filled -= cursor.base
      cursor.base = 0
    }
  }

  reset()
  return {
    process(samples) {
      const output = new Float32Array(ready(filled + samples.length))
      run(samples, output)
      taken += samples.length
      given += output.length
      return output
    },
    flush() {
      const output = new Float32Array(resampledLength(taken, from, to) - given)
      run(new Float32Array(half), output)
      reset()
      return output
    },
    reset,
    delay: half / from,
  }
}

/**
 * Resamples a complete mono recording without delay: `n` samples give exactly `round(n * to / from)`.
 * @throws {@link AudioError} INVALID_OPTION when a rate or the quality is invalid.
 *
 * @example
 * ```ts
 * const at24kHz = resample(samples, 48_000, 24_000)
 * ```
 */
export function resample(
  samples: Float32Array,
  from: number,
  to: number,
  quality: ResampleQuality = 'voice',
): Float32Array<ArrayBuffer> {
  const resampler = createResampler({ from, to, quality })
  const body = resampler.process(samples)
  const tail = resampler.flush()
  if (tail.length === 0) return body
  const whole = new Float32Array(body.length + tail.length)
  whole.set(body)
  whole.set(tail, body.length)
  return whole
}

function passThrough(): Resampler {
  return {
    process: (samples) => samples.slice(),
    flush: () => new Float32Array(0),
    reset() {},
    delay: 0,
  }
}

function resampledLength(count: number, from: number, to: number): number {
  return Math.round((count * to) / from)
}

function assertRate(option: string, rate: number): void {
  if (Number.isInteger(rate) && rate >= 1_000 && rate <= 768_000) return
  throw new AudioError('INVALID_OPTION', {
    option,
    problem: `must be a whole number of hertz from 1000 to 768000, not ${rate}`,
  })
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
