import {
  createClientSecret,
  createWebhookReceiver,
  type IncomingCall,
  isHttpError,
  isWebhookError,
  readIncomingCall,
  type ServerOptions,
} from 'realtime-primitives/server'

export interface HandlerOptions {
  /** Standard key and its API. Neither leaves the server. */
  readonly api: ServerOptions
  /** Signing secret of the webhook, or the old and the new one during rotation. */
  readonly webhookSecrets: string | readonly string[]
  readonly onCall: (call: IncomingCall) => Promise<void>
  readonly print: (line: string) => void
}

/** Creates a request handler for Workers, Deno, and Bun. `node.ts` adapts it to Node's http. */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  // When `onCall` fails, the receiver releases the webhook, and its redelivery is handled.
  const receiveWebhook = createWebhookReceiver({ secrets: options.webhookSecrets }, async (event) => {
    if (event.type === 'realtime.call.incoming') await options.onCall(readIncomingCall(event))
  })

  async function mint(): Promise<Response> {
    // Authenticate the user here: sessions with this secret are billed to you.
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
    const { status, error } = await receiveWebhook(await request.text(), request.headers)
    if (isWebhookError(error)) options.print(error.code)
    else if (error !== undefined) throw error
    return new Response(null, { status })
  }

  return async (request) => {
    const { pathname } = new URL(request.url)
    if (request.method !== 'POST') return new Response('POST only', { status: 405 })
    if (pathname === '/client-secret') return mint()
    if (pathname === '/webhooks') return receive(request)
    return new Response('not here', { status: 404 })
  }
}
