import type { FilterBank } from './filter-bank.js'

/** Position of the next output in the history: `base` whole inputs plus `phase / up`. Outputs are `down / up` inputs apart. */
export interface Cursor {
  base: number
  phase: number
  readonly up: number
  readonly down: number
}

/** Computes `count` outputs from `start` and advances the cursor. */
type Convolve = (
  bank: FilterBank,
  history: Float64Array,
  cursor: Cursor,
  output: Float32Array,
  start: number,
  count: number,
) => void

/** Uses one filter row per output. Four independent sums avoid waiting for each addition. */
export const convolveRational: Convolve = ({ rows, taps }, history, cursor, output, start, count) => {
  const { up, down } = cursor
  const step = Math.floor(down / up)
  const remainder = down % up
  let { base, phase } = cursor
  for (let index = start; index < start + count; index++) {
    let row = phase * taps
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let tap = base; tap < base + taps; tap += 4, row += 4) {
      a += (history[tap] as number) * (rows[row] as number)
      b += (history[tap + 1] as number) * (rows[row + 1] as number)
      c += (history[tap + 2] as number) * (rows[row + 2] as number)
      d += (history[tap + 3] as number) * (rows[row + 3] as number)
    }
    output[index] = a + b + (c + d)
    base += step
    phase += remainder
    if (phase >= up) {
      phase -= up
      base++
    }
  }
  cursor.base = base
  cursor.phase = phase
}

/** Uses four neighboring filter rows per output, interpolated with a cubic Lagrange polynomial. */
export const convolveInterpolated: Convolve = ({ rows, taps, phases }, history, cursor, output, start, count) => {
  const { up, down } = cursor
  const step = Math.floor(down / up)
  const remainder = down % up
  let { base, phase } = cursor
  for (let index = start; index < start + count; index++) {
    const position = (phase * phases) / up
    const whole = Math.floor(position)
    const t = position - whole
    const first = whole * taps
    const second = first + taps
    const third = second + taps
    const fourth = third + taps
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let tap = 0; tap < taps; tap++) {
      const sample = history[base + tap] as number
      a += sample * (rows[first + tap] as number)
      b += sample * (rows[second + tap] as number)
      c += sample * (rows[third + tap] as number)
      d += sample * (rows[fourth + tap] as number)
    }
    const before = t + 1
    const after = t - 1
    const beyond = t - 2
    output[index] =
      (-t * after * beyond * a) / 6 +
      (before * after * beyond * b) / 2 -
      (before * t * beyond * c) / 2 +
      (before * t * after * d) / 6
    base += step
    phase += remainder
    if (phase >= up) {
      phase -= up
      base++
    }
  }
  cursor.base = base
  cursor.phase = phase
}
