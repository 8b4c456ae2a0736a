import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The back end of a web page: it serves the page, and mints keys for it with a standard key that the page never sees. */
export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

export interface PageServerOptions {
  /** The page's script. */
  readonly script: string
  /** The API with which keys are minted. */
  readonly apiUrl: string
  readonly apiKey: string
  /** More scripts, by their paths. */
  readonly files?: Readonly<Record<string, string>>
  /** More of the policy: what scripts may come from besides the page's own server. */
  readonly scriptSources?: string
  /** Answers with these headers too. */
  readonly headers?: Readonly<Record<string, string>>
}

/** As strict as a page can be that uses the library: no evaluated code, no style, no frame, and no server but the API. */
const policyOf = (scriptSources: string) =>
  `default-src 'none'; script-src 'self' ${scriptSources}; connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*; img-src data:`

const page =
  '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'

/** Serves the page on 127.0.0.1. */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  const { script, apiUrl, apiKey, files = {}, scriptSources = '', headers = {} } = options
  const policy = policyOf(scriptSources)

  async function mint(): Promise<string> {
    const answer = await fetch(`${apiUrl}/realtime/client_secrets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } }),
    })
    if (!answer.ok) throw new Error(`the API minted nothing: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { value: string }).value
  }

  const server = createServer(async (request, response) => {
    const send = (type: string, body: string) =>
      response.writeHead(200, { 'content-type': type, 'content-security-policy': policy, ...headers }).end(body)
    try {
      if (request.url === '/') send('text/html', page)
      else if (request.url === '/page.js') send('text/javascript', script)
      else if (files[request.url ?? ''] !== undefined) send('text/javascript', files[request.url ?? ''] ?? '')
      else if (request.url === '/key') send('text/plain', await mint())
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
