// Runs in workerd. Responds to a request with the results of the function that belongs to its path.
import { holdConversation } from './conversation.js'
import { runServerApi } from './server-api.js'
import { restoreSession, saveSession } from './snapshot.js'

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const baseUrl = searchParams.get('baseUrl') ?? ''
    const apiKey = searchParams.get('apiKey') ?? ''
    if (pathname === '/server') return Response.json(await runServerApi(baseUrl, apiKey))
    if (pathname === '/save') return new Response(await saveSession(baseUrl, apiKey))
    if (pathname === '/restore') return Response.json(await restoreSession(baseUrl, apiKey, await request.text()))
    return Response.json(await holdConversation(baseUrl, apiKey))
  },
}
