// The small zod makes no code at run time, which the policy of this page would forbid and report.
import * as z from 'zod/mini'

/** What the model gives the tool, and the page the server: one schema checks both. */
export const wishSchema = z.object({
  people: z.int().check(z.minimum(1), z.maximum(12)),
  time: z.string().check(z.regex(/^(1[89]|2[01]):[0-5]\d$/), z.describe('from 18:00 to 21:59, such as 19:30')),
})

export type Wish = z.infer<typeof wishSchema>

/** A table that was wished for, and the code that the guests show at the door. */
export interface Booking extends Wish {
  readonly code: string
}
