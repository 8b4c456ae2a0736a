/** How alike a sound is to the most similar stretch of another: 1 when they differ by nothing but loudness. */
export interface Likeness {
  readonly correlation: number
  /** Where that stretch begins, in samples. */
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

/** Finds a sound in another: roughly first, then to the sample. Both have the same rate, and little above a twentieth of it. */
export function findLike(whole: Float32Array, part: Float32Array): Likeness {
  const stride = 6
  let best: Likeness = { correlation: -1, at: 0 }
  const look = (from: number, until: number, by: number, step: number) => {
    for (let at = Math.max(0, from); at <= Math.min(until, whole.length - part.length); at += by) {
      const correlation = correlationAt(whole, part, at, step)
      if (correlation > best.correlation) best = { correlation, at }
    }
  }
  look(0, whole.length, stride, 4 * stride)
  const rough = best.at
  best = { correlation: -1, at: rough }
  look(rough - 2 * stride, rough + 2 * stride, 1, 1)
  return best
}
