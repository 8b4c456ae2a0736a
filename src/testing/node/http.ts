import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checker } from '../../protocol/check.js'
import type { Schema } from '../../protocol/open.js'
import { ClientSecretCreateParams, TranslationClientSecretCreateParams } from '../../protocol/rest.js'
import type { Emulator } from '../emulator/emulator.js'
import { refusalOf } from '../emulator/problem-message.js'
import { isRefusal, type Refusal, refusals } from '../emulator/refusals.js'
import { isSessionPath, keyOf, urlOf } from './connect-request.js'
import { errorResponse, type HttpResponse, jsonResponse } from './http-response.js'
import type { SipCalls } from './sip/sip.js'
import type { Calls } from './web-rtc/calls.js'

/** The parts that the routes use. */
export interface HttpContext {
  readonly emulator: Emulator
  readonly calls: Calls
  readonly sip: SipCalls
}

/** The handler of a route. `params` are the groups of its path pattern. */
type Answer = (
  context: HttpContext,
  request: IncomingMessage,
  params: readonly string[],
) => HttpResponse | Promise<HttpResponse>

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly answer: Answer
}

const maxBodyBytes = 1 << 20

const routes: readonly Route[] = [
  { method: 'GET', path: /^\/$/, answer: introduce },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/client_secrets$/,
    answer: withBody(mint(ClientSecretCreateParams, (emulator, params) => emulator.mintClientSecret(params))),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/translations\/client_secrets$/,
    answer: withBody(
      mint(TranslationClientSecretCreateParams, (emulator, params) => emulator.mintTranslationSecret(params)),
    ),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/calls$/,
    answer: withBody(({ calls }, request, body) => calls.create(request, body)),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/calls\/([^/]+)\/hangup$/,
    answer: ({ calls, sip }, request, [id = '']) => (sip.has(id) ? sip : calls).hangUp(request, id),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/calls\/([^/]+)\/accept$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.accept(request, id, body)),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/calls\/([^/]+)\/reject$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.reject(request, id, body)),
  },
  {
    method: 'POST',
    path: /^\/v1\/realtime\/calls\/([^/]+)\/refer$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.refer(request, id, body)),
  },
]

/** As with the service, every origin is allowed and can read the identifier of the created call. */
const crossOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'POST',
  'access-control-expose-headers': 'location',
}

/** Handles HTTP requests that are not WebSocket upgrades. */
export async function answerHttp(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answerOf(context, request)
  response.writeHead(status, { ...(request.headers.origin === undefined ? {} : crossOrigin), ...headers }).end(body)
}

async function answerOf(context: HttpContext, request: IncomingMessage): Promise<HttpResponse> {
  const { pathname } = urlOf(request)
  if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' }
  for (const { method, path, answer } of routes) {
    const match = path.exec(pathname)
    if (match && method === request.method) return answer(context, request, match.slice(1))
  }
  if (isSessionPath(pathname)) return errorResponse(426, error('Connect with a WebSocket.'), { upgrade: 'websocket' })
  return errorResponse(404, error(`Invalid URL (${request.method} ${pathname})`))
}

function introduce(): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'The Realtime emulator of realtime-primitives. It talks on the WebSocket at /v1/realtime?model=gpt-realtime-2.1, takes WebRTC calls at POST /v1/realtime/calls, and mints client secrets at POST /v1/realtime/client_secrets.\n',
  }
}

/** Creates the handler that mints client secrets of one kind. */
function mint<Params>(
  schema: Schema<Params>,
  mintWith: (emulator: Emulator, params: Params) => object | Refusal,
): (context: HttpContext, request: IncomingMessage, body: Buffer) => HttpResponse {
  const check = checker(schema)
  return ({ emulator }, request, body) => {
    const key = keyOf(request)
    if (!emulator.acceptsKey(key)) return errorResponse(401, key ? refusals.invalidKey() : refusals.missingKey())
    let params: unknown
    try {
      params = JSON.parse(body.toString() || '{}')
    } catch {
      return errorResponse(400, refusals.invalidJsonBody())
    }
    const problem = check(params)
    if (problem) return errorResponse(400, refusalOf(problem, params))
    const secret = mintWith(emulator, params as Params)
    return isRefusal(secret) ? errorResponse(400, secret) : jsonResponse(200, secret)
  }
}

/** Reads the body before the handler runs and rejects a body that is too large. */
function withBody(
  answer: (
    context: HttpContext,
    request: IncomingMessage,
    body: Buffer,
    params: readonly string[],
  ) => HttpResponse | Promise<HttpResponse>,
): Answer {
  return async (context, request, params) => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request) {
      size += chunk.length
      if (size > maxBodyBytes) return errorResponse(413, error('The body is too large.'))
      chunks.push(chunk)
    }
    return answer(context, request, Buffer.concat(chunks), params)
  }
}

function error(message: string): Refusal {
  return { type: 'invalid_request_error', code: null, message, param: null }
}
