import { error, json } from '@sveltejs/kit'
import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import { model } from '$lib/server/service'
import type { RequestHandler } from './$types'

const instructions = `You take bookings for The Lantern, a small restaurant. Be warm and brief.
Ask for how many people and at what time, book with book_table, and read the code back.`

/** Creates a client secret that expires after a minute and can only start this conversation. */
export const POST: RequestHandler = async ({ locals }) => {
  const { apiKey, baseUrl } = locals.service
  // Authenticate the user here: every client secret costs you money.
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
