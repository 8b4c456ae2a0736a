import { isCertifying } from './certify.js'

/** Returns the number of runs of a property: `usual` in `npm test`, and `certify` in `npm run certify`, which sets `CERTIFY=1`. */
export function runs(counts: { readonly usual: number; readonly certify: number }): number {
  return isCertifying ? counts.certify : counts.usual
}

/**
 * Returns the seed of random tests: that of the environment variable `SEED`, a new one in `npm run certify`, and otherwise always the same, so
 * that `npm test` does the same in each run. A failure prints its seed.
 */
export function seedOfRuns(): number {
  const { SEED } = process.env
  if (SEED !== undefined) return Number(SEED)
  return isCertifying ? Math.trunc(Math.random() * 2 ** 31) : 20_261_130
}
