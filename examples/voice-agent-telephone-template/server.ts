import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { type RealtimeSession, reconnecting, webSocket } from 'realtime-primitives'
import { createAdmission, drainOnSignal } from 'realtime-primitives/server/node'
import { WebSocketServer } from 'ws'
import { createCalendar, model } from './agent.js'
import { answer } from './answer.js'

const { OPENAI_API_KEY, TWILIO_AUTH_TOKEN, PUBLIC_URL, NODE_ENV, HOST = '127.0.0.1', PORT = '8080' } = process.env
if (NODE_ENV === 'production' && !(OPENAI_API_KEY && TWILIO_AUTH_TOKEN && PUBLIC_URL))
  throw new Error(
    'Set OPENAI_API_KEY, TWILIO_AUTH_TOKEN, and PUBLIC_URL: production has no emulator and checks signatures.',
  )
const api = OPENAI_API_KEY ? { apiKey: OPENAI_API_KEY } : await (await import('./emulated.js')).startEmulator()
const calendar = createCalendar()
/** Refuses new calls before those in progress suffer. `npx realtime-primitives load` shows how many fit. */
// A busy development machine delays the event loop without any call.
const admission = createAdmission({ maxEventLoopDelayMs: NODE_ENV === 'production' ? 20 : 1_000 })
/** Tokens of calls whose stream has not started. Without one, anybody who finds the address of the stream could talk at your expense. */
const tokens = new Set<string>()
/** The calls that run. */
const calls = new Set<RealtimeSession>()

const server = createServer(async (request, response) => {
  const send = (status: number, type: string, body: string) =>
    response.writeHead(status, { 'content-type': type }).end(body)
  if (request.method !== 'POST' || request.url !== '/incoming') return send(404, 'text/plain', 'Not found')
  const body = await read(request)
  if (body === undefined || !isFromTwilio(request, body)) return send(403, 'text/plain', 'Wrong signature')
  const refusal = admission.check()
  if (refusal) return send(200, 'text/xml', refusal.twiml)
  const token = randomUUID()
  tokens.add(token)
  setTimeout(() => tokens.delete(token), 30_000).unref()
  const stream = `${(PUBLIC_URL ?? `http://${request.headers.host}`).replace('http', 'ws')}/call`
  send(
    200,
    'text/xml',
    `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect><Stream url="${stream}"><Parameter name="token" value="${token}"/></Stream></Connect>
  <Say>Sorry, nobody can answer at the moment.</Say>
</Response>`,
  )
})

server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${PORT} is taken. Set PORT to another one.` : error.message)
  process.exit(1)
})

// Messages of Twilio are much smaller than this.
new WebSocketServer({ server, path: '/call', maxPayload: 64 * 1024 }).on('connection', (socket) => {
  const call = admission.admit()
  if (!call.admitted) {
    socket.close(1013, 'Try again later')
    return
  }
  socket.once('close', () => call.end())
  const session = answer(socket, {
    transport: reconnecting(webSocket({ ...api, model })),
    calendar,
    print: (line) => console.log(line),
    isAllowed: ({ token = '' }) => tokens.delete(token),
  })
  calls.add(session)
  void session.closed.then(() => calls.delete(session))
})

/** Reads a form. Returns `undefined` if it is larger than forms of Twilio are. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > 64 * 1024) return undefined
  }
  return body
}

/** Checks the signature of a webhook: HMAC-SHA1 over the public URL and all fields, sorted by name. */
function isFromTwilio({ headers, url }: IncomingMessage, body: string): boolean {
  // Without a token only your own machine reaches the server.
  if (!TWILIO_AUTH_TOKEN) return true
  const fields = [...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const content = `${PUBLIC_URL ?? `http://${headers.host}`}${url}${fields.flat().join('')}`
  const expected = createHmac('sha1', TWILIO_AUTH_TOKEN).update(content).digest()
  const received = Buffer.from(String(headers['x-twilio-signature'] ?? ''), 'base64')
  return received.length === expected.length && timingSafeEqual(received, expected)
}

server.listen(Number(PORT), HOST, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : PORT
  console.log(
    `http://${HOST}:${port}/incoming  ${OPENAI_API_KEY ? model : 'on the emulator'}; simulate a call: npm run call -- ${port}`,
  )
})
drainOnSignal(() => calls, {
  signals: ['SIGINT', 'SIGTERM'],
  deadlineMs: 10_000,
  goodbye: { instructions: 'Say that the call has to end, and say goodbye.' },
  stopAccepting: () => server.close(),
})
