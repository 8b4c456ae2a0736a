import { createClientSecret } from 'realtime-primitives/server'
import { getService } from '@/server/service'
import { model } from '@/voice/model'

const instructions = `You hand out parcels. Answer in one or two short sentences, in the language of the caller.
When the caller gives you the number of a parcel, look up its code and read it digit by digit.`

/** Creates a client secret that expires after a minute and can only start this conversation. The standard key stays on the server. */
export async function POST(request: Request): Promise<Response> {
  // Authenticate the user here: every client secret costs you money.
  if (request.headers.get('sec-fetch-site') !== 'same-origin')
    return Response.json({ problem: 'Only the page of this server gets a key.' }, { status: 403 })
  try {
    const { apiKey, baseUrl } = await getService()
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
      { apiKey, baseUrl, signal: request.signal },
    )
    return Response.json({ value }, { headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    console.error((error as Error).message)
    const problem = 'The server got no key for this call. Its terminal shows the reason. Try again later.'
    return Response.json({ problem }, { status: 502 })
  }
}
