import { error, json } from '@sveltejs/kit'
import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import { model } from '$lib/server/service'
import type { RequestHandler } from './$types'

const instructions = `You take bookings for The Lantern, a small restaurant. Be warm and brief.
Ask for how many people and at what time, book with book_table, and read the code back.`

/** A key that lasts a minute and can do nothing but begin this conversation. */
export const POST: RequestHandler = async ({ locals }) => {
  const { apiKey, baseUrl } = locals.service
  // Find out here who asks: whoever gets a secret talks at your expense.
  try {
    const { value } = await createClientSecret(
      {
        expires_after: { anchor: 'created_at', seconds: 60 },
        session: {
          type: 'realtime',
          model,
          instructions,
          audio: { input: { transcription: { model: 'gpt-transcribe' } }, output: { voice: 'marin' } },
        },
      },
      { apiKey, baseUrl },
    )
    return json({ value }, { headers: { 'cache-control': 'no-store' } })
  } catch (cause) {
    if (!isHttpError(cause)) throw cause
    console.error(cause.message)
    error(502, 'no secret today')
  }
}
