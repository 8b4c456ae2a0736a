/**
 * Returns a function that adds white noise to samples. The noise is the same in each call, so that tests give the same result.
 * @param db - Level in dBFS, such as -40. `-Infinity` adds nothing.
 */
export function createNoise(db: number): (pcm: Int16Array) => Int16Array {
  if (db === Number.NEGATIVE_INFINITY) return (pcm) => pcm
  // The level of evenly distributed noise is its amplitude divided by the root of three.
  const amplitude = 32_768 * 10 ** (db / 20) * Math.sqrt(3)
  let seed = 1
  return (pcm) => {
    const noisy = new Int16Array(pcm.length)
    for (let at = 0; at < pcm.length; at++) {
      seed = (seed * 16_807) % 2_147_483_647
      const sample = (pcm[at] as number) + amplitude * ((2 * seed) / 2_147_483_647 - 1)
      noisy[at] = Math.max(-32_768, Math.min(32_767, Math.round(sample)))
    }
    return noisy
  }
}
