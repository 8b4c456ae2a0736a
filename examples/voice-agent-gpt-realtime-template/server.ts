import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createSession, isRealtimeError, type RealtimeSession, reconnecting, sideband } from 'realtime-primitives'
import { createClientSecret, hangupCall } from 'realtime-primitives/server'
import { drain } from 'realtime-primitives/server/node'
import { agent, greeting, model } from './agent.js'
import { runAgent } from './run-agent.js'
import { createShop } from './shop.js'

const { OPENAI_API_KEY, OPENAI_BASE_URL, NODE_ENV, HOST = '127.0.0.1', PORT = '8080' } = process.env
if (!OPENAI_API_KEY && NODE_ENV === 'production') throw new Error('Set OPENAI_API_KEY: production has no emulator.')
const api = OPENAI_API_KEY
  ? { apiKey: OPENAI_API_KEY, baseUrl: OPENAI_BASE_URL ?? 'https://api.openai.com/v1' }
  : await (await import('./emulated.js')).startEmulator()
const shop = createShop()
/** The calls that run, by their ids. */
const calls = new Map<string, RealtimeSession | undefined>()

/** Add your login here: every caller costs you money. Other sites are rejected already. */
function mayCall({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-site'] === 'same-origin'
}

/** Creates a client secret that expires after a minute and can only start this agent. */
async function mint(): Promise<object> {
  const session = { type: 'realtime', model, ...agent } as const
  const { value } = await createClientSecret({ expires_after: { anchor: 'created_at', seconds: 60 }, session }, api)
  return { value }
}

/** Joins a call that a page started. The agent runs here, and the audio does not pass through this server. */
async function join(callId: string, isFirst: boolean): Promise<object> {
  if (calls.has(callId)) return {}
  calls.set(callId, undefined)
  const print = (line: string) => console.log(`${callId} ${line}`)
  const session = createSession({ transport: reconnecting(sideband({ ...api, callId })) })
  calls.set(callId, session)
  void session.closed.then(({ wasClean }) => {
    calls.delete(callId)
    print(wasClean ? 'is over' : 'is out of sight')
  })
  const hangUp = () => void hangupCall(callId, api).catch((error: Error) => print(error.message))
  try {
    await Promise.all([runAgent(session, { shop, hangUp, print }), session.connect()])
  } catch (error) {
    await session.close()
    throw error
  }
  print('is joined')
  if (isFirst) session.respond({ instructions: greeting })
  return {}
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, type: string, body: string) =>
    response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body)
  const { method, url = '/' } = request
  const file = files.get(url)
  if (method === 'GET' && file) return void send(200, file.type, file.body)
  const [, callId, isFirst] = /^\/calls\/(rtc_\w{1,200})(\?first)?$/.exec(url) ?? []
  if (method !== 'POST' || (callId === undefined && url !== '/client-secret'))
    return void send(404, 'text/plain', 'Not here.')
  if (!mayCall(request)) return void send(403, 'application/json', '{"problem":"This page may not call."}')
  try {
    const said = callId === undefined ? await mint() : await join(callId, isFirst !== undefined)
    send(200, 'application/json', JSON.stringify(said))
  } catch (error) {
    console.error(isRealtimeError(error) ? error.message : error)
    send(502, 'application/json', '{"problem":"The agent cannot be reached. Try again in a minute."}')
  }
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
const files = new Map([
  ['/', { type: 'text/html', body: (await read('index.html')).replace('%API%', api.baseUrl) }],
  ['/style.css', { type: 'text/css', body: await read('style.css') }],
  ['/page.js', { type: 'text/javascript', body: outputFiles.map(({ text }) => text).join('') }],
])
const headers = {
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ${new URL(api.baseUrl).origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'`,
  'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${PORT} is taken. Set PORT to another one.` : error.message)
  process.exit(1)
})
server.listen(Number(PORT), HOST, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : PORT
  console.log(`http://${HOST}:${port}/  ${OPENAI_API_KEY ? model : 'on the emulator'}`)
})

/** Without the agent, the model would have no tools. */
async function stop(): Promise<void> {
  const callIds = [...calls.keys()]
  const sessions = [...calls.values()].flatMap((session) => session ?? [])
  await drain(sessions, { deadlineMs: 10_000, stopAccepting: () => server.close() })
  await Promise.allSettled(callIds.map((callId) => hangupCall(callId, api)))
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
