// Run by workerd: answers a request with what happened in a conversation.
import { talk } from './talk.js'

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url)
    return Response.json(await talk(searchParams.get('baseUrl') ?? '', searchParams.get('apiKey') ?? ''))
  },
}
