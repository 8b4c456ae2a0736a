import { type Cursor, convolveInterpolated, convolveRational } from './convolve.js'
import { AudioError } from './error.js'
import { createFilterBank, type FilterDesign } from './filter-bank.js'

/**
 * `voice`: fast, for speech and for the Realtime API. `best`: aliases lie below what float samples can hold, for about two
 * and a half times the work and delay.
 */
export type ResampleQuality = 'voice' | 'best'

/** From which rate to which, and how well. */
export interface ResamplerOptions {
  /** Rate of the samples that go in, in hertz: a whole number from 1,000 to 768,000. */
  readonly from: number
  /** Rate of the samples that come out, in hertz: a whole number from 1,000 to 768,000. */
  readonly to: number
  /**
   * Both are flat up to 0.9 of the smaller Nyquist frequency. `voice` keeps aliases 120 dB down from 1.1 on, so what
   * lies in the last tenth can fold into the last tenth; `best` keeps all of them 150 dB down.
   * @defaultValue 'voice'
   */
  readonly quality?: ResampleQuality
}

/** Converts one stream of mono samples from one rate to another. */
export interface Resampler {
  /**
   * Takes any number of samples and gives those that are certain by now. However a stream is cut into pieces, the same
   * samples come out, and output sample `k` stands for the moment `k / to`: nothing has to be shifted afterwards.
   */
  process(samples: Float32Array): Float32Array<ArrayBuffer>
  /**
   * Ends the stream: gives what was held back, so that `n` samples in have become `round(n * to / from)` out, and
   * starts anew.
   */
  flush(): Float32Array<ArrayBuffer>
  /** Drops what is held back and starts anew. */
  reset(): void
  /** How long a sample is held back before its counterpart comes out, in seconds. */
  readonly delay: number
}

const designs: Readonly<Record<ResampleQuality, FilterDesign>> = {
  voice: { attenuation: 125, pass: 0.9, stop: 1.1 },
  best: { attenuation: 150, pass: 0.9, stop: 1 },
}

const blockLength = 2048

/**
 * Makes a resampler for a stream of mono samples. Samples before the beginning and after the end count as silence.
 * @throws {@link AudioError} INVALID_OPTION when a rate or the quality is none.
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

  // `filled` inputs wait in `history`; the next output needs the `taps` of them from `cursor.base` on.
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
 * Resamples a whole mono recording: `n` samples become exactly `round(n * to / from)`, in their place, without delay.
 * @throws {@link AudioError} INVALID_OPTION when a rate or the quality is none.
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
