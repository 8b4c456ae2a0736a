import * as z from 'zod'

// Otherwise zod tries out whether it may compile code, which the policy of the page forbids and reports.
z.config({ jitless: true })

/** Arguments of the tool. The server validates them again, because any client can send a request. */
export const ParcelQuery = z.object({
  parcel: z
    .string()
    .regex(/^[A-Z]\d{4}$/)
    .describe('A letter and four digits, such as A1001'),
})
