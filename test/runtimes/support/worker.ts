// Run by workerd: answers a request with what happened in a conversation.
import { goOn, leave } from './move.js'
import { serverHalf } from './server-half.js'
import { talk } from './talk.js'

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const baseUrl = searchParams.get('baseUrl') ?? ''
    const apiKey = searchParams.get('apiKey') ?? ''
    if (pathname === '/server') return Response.json(await serverHalf(baseUrl, apiKey))
    if (pathname === '/leave') return new Response(await leave(baseUrl, apiKey))
    if (pathname === '/go-on') return Response.json(await goOn(baseUrl, apiKey, await request.text()))
    return Response.json(await talk(baseUrl, apiKey))
  },
}
