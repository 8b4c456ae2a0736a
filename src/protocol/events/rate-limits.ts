import * as z from 'zod/mini'
import { open, openString, type Schema } from '../open.js'

/** How much of one allowance is left. */
export const RateLimit = /* @__PURE__ */ open({
  name: z.nullish(/* @__PURE__ */ openString<'requests' | 'tokens'>()),
  limit: z.nullish(z.number()),
  remaining: z.nullish(z.number()),
  /** Seconds until it is full again. */
  reset_seconds: z.nullish(z.number()),
})
export interface RateLimit extends z.infer<typeof RateLimit> {}

/** What is left of the account's allowances, the output of the present response already taken off; not every server sends it. */
export const RateLimitsUpdatedEvent = /* @__PURE__ */ open({
  type: z.literal('rate_limits.updated'),
  event_id: z.string(),
  rate_limits: z.array(RateLimit as Schema<RateLimit>),
})
export interface RateLimitsUpdatedEvent extends z.infer<typeof RateLimitsUpdatedEvent> {}
