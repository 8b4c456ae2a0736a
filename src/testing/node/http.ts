import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checker } from '../../protocol/check.js'
import type { Schema } from '../../protocol/open.js'
import { ClientSecretCreateParams, TranslationClientSecretCreateParams } from '../../protocol/rest.js'
import type { Emulator } from '../emulator/emulator.js'
import { refusalOf } from '../emulator/problem-refusal.js'
import { isRefusal, type Refusal, refusals } from '../emulator/rules.js'
import { isSessionPath, keyOf, urlOf } from './connect-request.js'
import { type HttpAnswer, json, refused } from './http-answer.js'
import type { SipCalls } from './sip/sip.js'
import type { Calls } from './web-rtc/calls.js'

/** What stands behind the routes. */
export interface HttpContext {
  readonly emulator: Emulator
  readonly calls: Calls
  readonly sip: SipCalls
}

/** What a route answers; `params` are the groups of its path. */
type Answer = (
  context: HttpContext,
  request: IncomingMessage,
  params: readonly string[],
) => HttpAnswer | Promise<HttpAnswer>

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly answer: Answer
}

const mostBytes = 1 << 20

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

/** Any page may call, as at the service, and may learn which call it began. */
const crossOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'POST',
  'access-control-expose-headers': 'location',
}

/** Answers the requests that are no WebSocket upgrades. */
export async function answerHttp(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answerOf(context, request)
  response.writeHead(status, { ...(request.headers.origin === undefined ? {} : crossOrigin), ...headers }).end(body)
}

async function answerOf(context: HttpContext, request: IncomingMessage): Promise<HttpAnswer> {
  const { pathname } = urlOf(request)
  if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' }
  for (const { method, path, answer } of routes) {
    const match = path.exec(pathname)
    if (match && method === request.method) return answer(context, request, match.slice(1))
  }
  if (isSessionPath(pathname)) return refused(426, error('Connect with a WebSocket.'), { upgrade: 'websocket' })
  return refused(404, error(`Invalid URL (${request.method} ${pathname})`))
}

function introduce(): HttpAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'The Realtime emulator of realtime-primitives. It talks on the WebSocket at /v1/realtime?model=gpt-realtime-2.1, takes WebRTC calls at POST /v1/realtime/calls, and mints client secrets at POST /v1/realtime/client_secrets.\n',
  }
}

/** Makes the answer that mints client secrets of one kind. */
function mint<Params>(
  schema: Schema<Params>,
  mintWith: (emulator: Emulator, params: Params) => object | Refusal,
): (context: HttpContext, request: IncomingMessage, body: Buffer) => HttpAnswer {
  const check = checker(schema)
  return ({ emulator }, request, body) => {
    const key = keyOf(request)
    if (!emulator.acceptsKey(key)) return refused(401, key ? refusals.invalidKey() : refusals.missingKey())
    let params: unknown
    try {
      params = JSON.parse(body.toString() || '{}')
    } catch {
      return refused(400, refusals.invalidJsonBody())
    }
    const problem = check(params)
    if (problem) return refused(400, refusalOf(problem, params))
    const secret = mintWith(emulator, params as Params)
    return isRefusal(secret) ? refused(400, secret) : json(200, secret)
  }
}

/** Reads the body first, and refuses one that is too large. */
function withBody(
  answer: (
    context: HttpContext,
    request: IncomingMessage,
    body: Buffer,
    params: readonly string[],
  ) => HttpAnswer | Promise<HttpAnswer>,
): Answer {
  return async (context, request, params) => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request) {
      size += chunk.length
      if (size > mostBytes) return refused(413, error('The body is too large.'))
      chunks.push(chunk)
    }
    return answer(context, request, Buffer.concat(chunks), params)
  }
}

function error(message: string): Refusal {
  return { type: 'invalid_request_error', code: null, message, param: null }
}
