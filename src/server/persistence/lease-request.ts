import { holderName } from './options.js'
import type { LeaseRequest, LeaseResult } from './store.js'

/** The reply of a store that another process has the lease. */
export type TakenLease = Extract<LeaseResult, { readonly status: 'taken' }>

/** Whether a lease may be taken from its holder. `undefined` stands for any holder, before the first request. */
export type TakeOverPolicy = (holder: string | undefined) => boolean

/** Returns the policy of the option `takeOver`. */
export function takeOverPolicy(
  option: 'expired' | 'always' | ((holder: string) => boolean) = 'expired',
): TakeOverPolicy {
  if (typeof option === 'string') return () => option === 'always'
  return (holder) => holder !== undefined && option(holderName(holder))
}

/** Returns the next request for a lease. `taken` is the reply to the one before. */
export function leaseRequest(
  {
    holder,
    leaseMs: ttlMs,
    mayTakeOver,
  }: { readonly holder: string; readonly leaseMs: number; readonly mayTakeOver: TakeOverPolicy },
  taken: TakenLease | undefined,
): LeaseRequest {
  if (!mayTakeOver(taken?.holder)) return { action: 'acquire', holder, ttlMs }
  // With a token, the request is refused if yet another process was faster.
  return { action: 'takeOver', holder, ttlMs, ...(taken ? { from: taken.token } : {}) }
}
