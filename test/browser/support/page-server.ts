import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The server of a web page. It serves the page, and creates client secrets with a standard key that the page does not get. */
export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

export interface PageServerOptions {
  /** The script of the page. */
  readonly script: string
  /** Base URL of the API that creates the client secrets. */
  readonly apiUrl: string
  readonly apiKey: string
  /** Additional scripts by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Additional script sources of the content security policy. */
  readonly scriptSources?: string
  /** Additional response headers. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Returns the strictest policy under which the library works: no eval, no styles, no frames, and connections to loopback only. */
const policyOf = (scriptSources: string) =>
  `default-src 'none'; script-src 'self' ${scriptSources}; connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*; img-src data:`

const page =
  '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'

/** Serves the page on 127.0.0.1. */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  const { script, apiUrl, apiKey, files = {}, scriptSources = '', headers = {} } = options
  const policy = policyOf(scriptSources)

  async function createSecret(): Promise<string> {
    const response = await fetch(`${apiUrl}/realtime/client_secrets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } }),
    })
    if (!response.ok) throw new Error(`No client secret was created: HTTP ${response.status} ${await response.text()}`)
    return ((await response.json()) as { value: string }).value
  }

  const server = createServer(async (request, response) => {
    const send = (type: string, body: string) =>
      response.writeHead(200, { 'content-type': type, 'content-security-policy': policy, ...headers }).end(body)
    try {
      if (request.url === '/') send('text/html', page)
      else if (request.url === '/page.js') send('text/javascript', script)
      else if (files[request.url ?? ''] !== undefined) send('text/javascript', files[request.url ?? ''] ?? '')
      else if (request.url === '/key') send('text/plain', await createSecret())
      else response.writeHead(404).end()
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
