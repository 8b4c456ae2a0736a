import { it } from 'vitest'

/**
 * `it` for tests that only `npm run certify` runs, because they take long and cover little that other tests do not. `npm test` does not
 * declare them.
 */
export const itCertifies: typeof it =
  process.env.CERTIFY === '1' ? it : (Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof it)
