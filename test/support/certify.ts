import { it } from 'vitest'

/** Whether `npm run certify` runs the tests. */
export const isCertifying = process.env.CERTIFY === '1'

/** Returns the cases of `it.each` that only `npm run certify` runs. */
export const certified = <Case>(...cases: readonly Case[]): readonly Case[] => (isCertifying ? cases : [])

/**
 * `it` for tests that only `npm run certify` runs, because they take long and cover little that other tests do not. `npm test` does not
 * declare them.
 */
export const itCertifies: typeof it = isCertifying
  ? it
  : (Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof it)
