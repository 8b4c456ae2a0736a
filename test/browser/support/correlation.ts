/** The best match of audio within other audio. */
export interface Match {
  /** From -1 to 1. It is 1 when both differ by their level only. */
  readonly correlation: number
  /** Start of the match, in samples. */
  readonly at: number
}

function correlationAt(whole: Float32Array, part: Float32Array, at: number, step: number): number {
  let product = 0
  let wholePower = 0
  let partPower = 0
  for (let index = 0; index < part.length; index += step) {
    const a = whole[at + index] as number
    const b = part[index] as number
    product += a * b
    wholePower += a * a
    partPower += b * b
  }
  return wholePower === 0 || partPower === 0 ? 0 : product / Math.sqrt(wholePower * partPower)
}

/**
 * Finds the best match of `part` in `whole`, both at the same sample rate. The first search compares every 24th sample at every sixth position,
 * so the audio must have most of its energy below a twentieth of the sample rate.
 */
export function findMatch(whole: Float32Array, part: Float32Array): Match {
  const stride = 6
  let best: Match = { correlation: -1, at: 0 }
  const search = (from: number, until: number, by: number, step: number) => {
    for (let at = Math.max(0, from); at <= Math.min(until, whole.length - part.length); at += by) {
      const correlation = correlationAt(whole, part, at, step)
      if (correlation > best.correlation) best = { correlation, at }
    }
  }
  search(0, whole.length, stride, 4 * stride)
  const rough = best.at
  best = { correlation: -1, at: rough }
  search(rough - 2 * stride, rough + 2 * stride, 1, 1)
  return best
}
