import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import { agent, model } from './agent.js'
import { receiveWebhook } from './webhook.js'
import type { Env, ExecutionContext } from './workers.js'

export { Call } from './call.js'
export { Conversation } from './conversation.js'
export { Delivery } from './delivery.js'

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    const route = `${request.method} ${pathname}`
    if (route === 'POST /webhooks') return receiveWebhook(request, env, ctx)
    // The other routes are for your page. Authenticate the user here too: every session costs you money.
    if (request.headers.get('origin') !== env.PAGE_ORIGIN) return new Response('not from here', { status: 403 })
    if (route === 'POST /client-secret') return mint(request, env)
    if (route === 'POST /conversations') return Response.json({ id: env.CONVERSATIONS.newUniqueId().toString() })
    const [, id] = /^GET \/conversations\/(\w+)$/.exec(route) ?? []
    return id === undefined ? notFound() : join(id, request, env)
  },
}

/** Returns a client secret that can start a conversation with this agent and expires after a minute. */
async function mint({ signal }: Request, env: Env): Promise<Response> {
  try {
    const { value, expires_at } = await createClientSecret(
      { expires_after: { anchor: 'created_at', seconds: 60 }, session: { type: 'realtime', model, ...agent } },
      { apiKey: env.OPENAI_API_KEY, timeoutMs: 10_000, signal },
    )
    return Response.json({ value, expires_at }, { headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    if (!isHttpError(error)) throw error
    console.error(error.message)
    return new Response('no secret today', { status: 502 })
  }
}

/** Leads to the object that holds a conversation. Its id cannot be guessed: it is what lets a page in. */
function join(id: string, request: Request, env: Env): Response | Promise<Response> {
  try {
    return env.CONVERSATIONS.get(env.CONVERSATIONS.idFromString(id)).fetch(request)
  } catch {
    return notFound()
  }
}

function notFound(): Response {
  return new Response('not here', { status: 404 })
}
