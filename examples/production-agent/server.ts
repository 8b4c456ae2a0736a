import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { isRealtimeError } from 'realtime-primitives'
import { createClientSecret } from 'realtime-primitives/server'
import { drainOnSignal } from 'realtime-primitives/server/node'
import { model } from './agents.js'
import { createShop, type Order } from './backend.js'
import { config } from './run-agents.js'
import { askSupervisor } from './supervisor.js'

const { OPENAI_API_KEY, OPENAI_BASE_URL = 'https://api.openai.com/v1', HOST = '127.0.0.1', PORT = '8080' } = process.env
const api = OPENAI_API_KEY
  ? { apiKey: OPENAI_API_KEY, baseUrl: OPENAI_BASE_URL, textBaseUrl: OPENAI_BASE_URL }
  : await (await import('./emulated.js')).startEmulators()
const shop = createShop()

/** Actions of the page. Each one validates its input, because anybody who can reach this server can send it. */
const actions: Readonly<Record<string, (input: Record<string, string>, signal: AbortSignal) => Promise<unknown>>> = {
  async '/client-secret'() {
    const session = { type: 'realtime', model, ...config } as const
    const { value } = await createClientSecret({ expires_after: { anchor: 'created_at', seconds: 60 }, session }, api)
    return { value }
  },
  // A real app starts a login session of its own here, and reads the customer from it below instead of from the input.
  '/verify': async ({ customerNumber = '', birthDate = '' }) => ({
    customerId: (await shop.verify({ customerNumber, birthDate })) ?? null,
  }),
  '/orders': ({ customerId = '' }) => shop.orders(customerId),
  '/returns': ({ customerId = '', orderId = '' }) => shop.startReturn(customerId, orderId),
  '/supervisor': async ({ customerId = '', question = '', transcript = '' }, signal) => ({
    answer: await askSupervisor(
      { customerId, question: question.slice(0, 2_000), transcript: transcript.slice(-20_000) },
      {
        apiKey: api.apiKey,
        baseUrl: api.textBaseUrl,
        orders: (id): Promise<readonly Order[]> => shop.orders(id),
        today: () => new Date().toISOString().slice(0, 10),
      },
      signal,
    ),
  }),
}

const read = (name: string) => readFile(new URL(`page/${name}`, import.meta.url), 'utf8')
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('page/page.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  write: false,
  // In a checkout of the library, its files are not below node_modules, where esbuild is silent about this.
  logOverride: { 'ignored-bare-import': 'silent' },
})
const worklet = await readFile(fileURLToPath(import.meta.resolve('realtime-primitives/browser/worklet.js')), 'utf8')
const files = new Map([
  ['/', { type: 'text/html', body: (await read('index.html')).replace('%API%', api.baseUrl) }],
  ['/style.css', { type: 'text/css', body: await read('style.css') }],
  ['/page.js', { type: 'text/javascript', body: outputFiles.map(({ text }) => text).join('') }],
  ['/worklet.js', { type: 'text/javascript', body: worklet }],
])
const { origin } = new URL(api.baseUrl)
const headers = {
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ${origin} ${origin.replace('http', 'ws')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'`,
  'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** Reads a JSON object of strings. */
async function inputOf(request: IncomingMessage): Promise<Record<string, string> | undefined> {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > 64 * 1024) return undefined
  }
  try {
    const value: unknown = body === '' ? {} : JSON.parse(body)
    const isValid =
      typeof value === 'object' && value !== null && Object.values(value).every((v) => typeof v === 'string')
    return isValid ? (value as Record<string, string>) : undefined
  } catch {
    return undefined
  }
}

const server = createServer(async (request, response) => {
  const send = (status: number, type: string, body: string) =>
    response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body)
  const json = (status: number, value: unknown) => send(status, 'application/json', JSON.stringify(value))
  const { method, url = '/' } = request
  const file = files.get(url)
  if (method === 'GET' && file) return send(200, file.type, file.body)
  const action = method === 'POST' && Object.hasOwn(actions, url) ? actions[url] : undefined
  if (action === undefined) return send(404, 'text/plain', 'Not found')
  // Put your login here as well: each call costs money.
  if (request.headers['sec-fetch-site'] !== 'same-origin')
    return json(403, { problem: 'Only the page of this server.' })
  const input = await inputOf(request)
  if (input === undefined) return json(400, { problem: 'Not a JSON object of strings.' })
  const hangUp = new AbortController()
  response.on('close', () => hangUp.abort())
  try {
    json(200, await action(input, hangUp.signal))
  } catch (error) {
    if (hangUp.signal.aborted) return
    console.error(url, isRealtimeError(error) ? error.message : (error as Error).message)
    json(502, { problem: 'The server could not do that.' })
  }
})

server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${PORT} is taken. Set PORT to another one.` : error.message)
  process.exit(1)
})
server.listen(Number(PORT), HOST, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : PORT
  console.log(`http://${HOST}:${port}/  ${OPENAI_API_KEY ? model : 'on the emulator'}`)
})
// The sessions are in the pages, so they continue without this server.
drainOnSignal(() => [], { signals: ['SIGINT', 'SIGTERM'], deadlineMs: 10_000, stopAccepting: () => server.close() })
