import { it } from 'vitest'

/** Whether `npm run certify` runs the tests. */
export const isCertifying = process.env.CERTIFY === '1'

/**
 * `it` for tests that only `npm run certify` runs, because they take long and cover little that other tests do not. `npm test` does not
 * declare them.
 */
export const itCertifies: typeof it = isCertifying
  ? it
  : (Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof it)
