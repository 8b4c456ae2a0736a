/**
 * Coefficients of a polyphase low-pass filter, one row of `taps` per phase. Row `p` interpolates the input `p / phases` of a sample after
 * its
 * middle. Its taps cover the inputs from `half - 1` before to `half` after that point.
 */
export interface FilterBank {
  readonly rows: Float64Array<ArrayBuffer>
  readonly taps: number
  readonly half: number
  readonly phases: number
  /**
   * Whether positions between two phases are interpolated from four rows. Such a bank has one row before phase 0 and two after the last
   * phase, so
   * that row index = phase + 1.
   */
  readonly interpolated: boolean
}

/** Design parameters of a low-pass filter. */
export interface FilterDesign {
  /** Stop band attenuation in decibels. */
  readonly attenuation: number
  /** Upper edge of the pass band, relative to the smaller Nyquist frequency. */
  readonly pass: number
  /** Lower edge of the stop band, relative to the smaller Nyquist frequency. */
  readonly stop: number
}

/** Above this number of coefficients (1 MB), an interpolated bank with fewer phases is smaller and usually faster than an exact one. */
const largestExactBank = 131_072

/** With cubic interpolation between them, 256 phases put the error of the interpolation below -170 dB. */
const interpolatedPhases = 256

/** Designs the bank for `up` phases, where one input sample is `up / down` output samples. */
export function createFilterBank(up: number, down: number, design: FilterDesign): FilterBank {
  // One sample of the lower rate, in input samples. The filter is this much wider when it has to remove aliases.
  const stretch = Math.max(1, down / up)
  const halfWidth = (stretch * kaiserLength(design)) / 2
  const half = 2 * Math.ceil(halfWidth / 2) // An even half makes the number of taps a multiple of four, which the inner loop requires.
  const taps = 2 * half
  const interpolated = up * taps > largestExactBank
  const phases = interpolated ? interpolatedPhases : up
  const lead = interpolated ? 1 : 0
  const rowCount = interpolated ? phases + 3 : phases
  const rows = new Float64Array(rowCount * taps)
  const impulse = lowPass(design, stretch, halfWidth)
  for (let row = 0, index = 0; row < rowCount; row++) {
    const position = (row - lead) / phases
    for (let tap = 0; tap < taps; tap++) rows[index++] = impulse(position + half - 1 - tap)
  }
  scaleToUnity(rows, taps, lead, phases)
  return { rows, taps, half, phases, interpolated }
}

/** Returns the length of a Kaiser-windowed filter in samples of the lower rate (Kaiser's estimate). */
function kaiserLength({ attenuation, pass, stop }: FilterDesign): number {
  return (attenuation - 7.95) / (2.285 * Math.PI * (stop - pass))
}

/** Returns the impulse response: a sinc with its corner in the middle of the transition band, under a Kaiser window. */
function lowPass(
  { attenuation, pass, stop }: FilterDesign,
  stretch: number,
  halfWidth: number,
): (time: number) => number {
  const corner = (pass + stop) / 2 / stretch
  const beta = 0.1102 * (attenuation - 8.7)
  return (time) => {
    const edge = time / halfWidth
    if (Math.abs(edge) >= 1) return 0
    const angle = Math.PI * corner * time
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle
    return sinc * besselI0(beta * Math.sqrt(1 - edge * edge))
  }
}

/** Returns the modified Bessel function of the first kind and order 0, from its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k)
    sum += term
  }
  return sum
}

/** Scales the mean gain of all phases to 1 for a constant input. */
function scaleToUnity(rows: Float64Array, taps: number, lead: number, phases: number): void {
  let sum = 0
  for (let index = lead * taps; index < (lead + phases) * taps; index++) sum += rows[index] as number
  const scale = phases / sum
  for (let index = 0; index < rows.length; index++) rows[index] = (rows[index] as number) * scale
}
