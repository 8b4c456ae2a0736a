/** Position of one signal in a longer one, and their correlation there, from -1 to 1. */
export interface Match {
  readonly at: number
  readonly correlation: number
}

/** Finds the position in `whole` with the highest correlation to `part`. */
export function findSound(whole: Int16Array, part: Int16Array): Match {
  // The loudest 50 ms of the part find the position. The correlation is computed over the whole part.
  const loudest = loudestMoment(part)
  const probe = part.subarray(loudest, loudest + probeLength)
  let best = { at: 0, correlation: -1 }
  for (let at = 0; at + part.length <= whole.length; at++) {
    const correlation = alike(whole.subarray(at + loudest), probe)
    if (correlation > best.correlation) best = { at, correlation }
  }
  return { at: best.at, correlation: alike(whole.subarray(best.at), part) }
}

/** 50 ms. */
const probeLength = 400

function loudestMoment(sound: Int16Array): number {
  let loudest = { at: 0, power: -1 }
  for (let at = 0; at + probeLength <= sound.length; at += probeLength) {
    const power = sound.subarray(at, at + probeLength).reduce((sum, sample) => sum + sample * sample, 0)
    if (power > loudest.power) loudest = { at, power }
  }
  return loudest.at
}

function alike(a: Int16Array, b: Int16Array): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let index = 0; index < b.length; index++) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}

/** Counts the bytes that differ, up to the shorter length. */
export function countDifferences(a: Uint8Array, b: Uint8Array): number {
  let count = 0
  for (let index = 0; index < Math.min(a.length, b.length); index++) if (a[index] !== b[index]) count += 1
  return count
}
