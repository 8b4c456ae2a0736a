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
  /** The standard key and where it is good; neither ever leaves the server. */
  readonly api: ServerOptions
  /** The signing secret of the webhook, or the old one and the new one. */
  readonly webhookSecrets: string | readonly string[]
  readonly onCall: (call: IncomingCall) => Promise<void>
  readonly print: (line: string) => void
}

/** A server as a function of a request: it runs as it is in Workers, Deno and Bun, and behind Node's http in `node.ts`. */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  // When `onCall` fails, the receiver releases the webhook, and its redelivery is handled.
  const receiveWebhook = createWebhookReceiver({ secrets: options.webhookSecrets }, async (event) => {
    if (event.type === 'realtime.call.incoming') await options.onCall(readIncomingCall(event))
  })

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
