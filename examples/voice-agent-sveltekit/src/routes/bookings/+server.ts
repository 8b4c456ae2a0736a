import { createHmac, randomBytes } from 'node:crypto'
import { error, json } from '@sveltejs/kit'
import { env } from '$env/dynamic/private'
import { type Booking, wishSchema } from '$lib/booking'
import type { RequestHandler } from './$types'

const ownSecret = randomBytes(32)

/** The tool of the agent: it runs here because only the server may make codes that open the door. */
export const POST: RequestHandler = async ({ request }) => {
  const wish = wishSchema.safeParse(await request.json().catch(() => undefined))
  if (!wish.success) error(400, 'no such table')
  const { people, time } = wish.data
  const signature = createHmac('sha256', env.BOOKING_SECRET || ownSecret)
    .update(`${people} at ${time}`)
    .digest('hex')
  const booking: Booking = { people, time, code: signature.slice(0, 5).toUpperCase() }
  return json(booking)
}
