import {
  createClientSecret,
  createReplayStore,
  type IncomingCall,
  isHttpError,
  isWebhookError,
  parseWebhook,
  readIncomingCall,
  type ServerOptions,
} from 'realtime-primitives/server'

export interface HandlerOptions {
  /** The standard key and where it is good; neither ever leaves the server. */
  readonly api: ServerOptions
  /** The signing secret of the webhook, or the old one and the new one. */
  readonly webhookSecrets: string | readonly string[]
  readonly onCall: (call: IncomingCall) => Promise<void>
  readonly print: (line: string) => void
}

/** A server as a function of a request: it runs as it is in Workers, Deno and Bun, and behind Node's http in `node.ts`. */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  const replayStore = createReplayStore()

  async function mint(): Promise<Response> {
    // Find out here who asks: whoever gets a secret talks at your expense.
    try {
      const { value, expires_at } = await createClientSecret(
        {
          expires_after: { anchor: 'created_at', seconds: 60 },
          session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Be brief.' },
        },
        options.api,
      )
      return Response.json({ value, expires_at }, { headers: { 'cache-control': 'no-store' } })
    } catch (error) {
      if (!isHttpError(error)) throw error
      options.print(error.message)
      return new Response('no secret today', { status: 502 })
    }
  }

  async function receive(request: Request): Promise<Response> {
    try {
      const secrets = options.webhookSecrets
      const { id, event } = await parseWebhook(await request.text(), request.headers, { secrets, replayStore })
      if (event.type !== 'realtime.call.incoming') return new Response()
      try {
        await options.onCall(readIncomingCall(event))
      } catch (error) {
        // Whatever is not answered with 200 is delivered again, and must then be taken.
        await replayStore.release(id)
        throw error
      }
      return new Response()
    } catch (error) {
      if (!isWebhookError(error)) throw error
      options.print(error.code)
      return new Response(null, { status: statuses[error.code] ?? 400 })
    }
  }

  return async (request) => {
    const { pathname } = new URL(request.url)
    if (request.method !== 'POST') return new Response('POST only', { status: 405 })
    if (pathname === '/client-secret') return mint()
    if (pathname === '/webhooks') return receive(request)
    return new Response('not here', { status: 404 })
  }
}

/** What is genuine and of no use shall not come again; what is a mistake of ours is no fault of the sender. */
const statuses: Readonly<Record<string, number>> = {
  REPLAYED: 200,
  INVALID_PAYLOAD: 200,
  INVALID_OPTION: 500,
  UNSUPPORTED_RUNTIME: 500,
}
