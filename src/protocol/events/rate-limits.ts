import * as z from 'zod/mini'
import { open, openString, type Schema } from '../open.js'

/** One rate limit of the account. */
export const RateLimit = /* @__PURE__ */ open({
  /** What is limited. */
  name: z.nullish(/* @__PURE__ */ openString<'requests' | 'tokens'>()),
  /** The maximum. */
  limit: z.nullish(z.number()),
  /** What remains of the maximum. */
  remaining: z.nullish(z.number()),
  /** Seconds until the limit resets. */
  reset_seconds: z.nullish(z.number()),
})
export interface RateLimit extends z.infer<typeof RateLimit> {}

/**
 * The rate limits of the account, with the output of the current response already subtracted. Not every server sends
 * it.
 */
export const RateLimitsUpdatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('rate_limits.updated'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The rate limits. */
  rate_limits: z.array(RateLimit as Schema<RateLimit>),
})
export interface RateLimitsUpdatedEvent extends z.infer<typeof RateLimitsUpdatedEvent> {}
