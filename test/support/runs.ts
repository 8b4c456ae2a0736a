/** Returns the number of runs of a property: `usual` in `npm test`, and `certify` in `npm run certify`, which sets `CERTIFY=1`. */
export function runs(counts: { readonly usual: number; readonly certify: number }): number {
  return process.env.CERTIFY === '1' ? counts.certify : counts.usual
}

/**
 * Returns the seed of random tests: that of the environment variable `SEED`, a new one in `npm run certify`, and otherwise always the same, so
 * that `npm test` does the same in each run. A failure prints its seed.
 */
export function seedOfRuns(): number {
  const { SEED, CERTIFY } = process.env
  if (SEED !== undefined) return Number(SEED)
  return CERTIFY === '1' ? Math.trunc(Math.random() * 2 ** 31) : 20_261_130
}
