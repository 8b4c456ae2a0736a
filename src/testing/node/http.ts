import type { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createId } from '../../internal/id.js'
import { checker } from '../../protocol/check.js'
import type { Schema } from '../../protocol/open.js'
import { ClientSecretCreateParams, TranslationClientSecretCreateParams } from '../../protocol/rest.js'
import type { Emulator } from '../emulator/emulator.js'
import { refusalOf } from '../emulator/problem-message.js'
import { isRefusal, type Refusal, refusals } from '../emulator/refusals.js'
import { apiPathOf, isAzurePath, isSessionPath, urlOf } from './api-path.js'
import { keyOf, selectionOf } from './connect-request.js'
import { answerControl, isControlPath } from './control-routes.js'
import { type AllowedOrigins, crossOriginHeaders, isAllowedOrigin, isOwnHost } from './cross-origin.js'
import { errorResponse, type HttpResponse, jsonResponse } from './http-response.js'
import { readBody } from './read-body.js'
import type { SipCalls } from './sip/sip.js'
import { handshakeRefusal } from './upgrade-refusal.js'
import type { Calls } from './web-rtc/calls.js'

/** The parts that the routes use. */
export interface HttpContext {
  readonly emulator: Emulator
  readonly calls: Calls
  readonly sip: SipCalls
  readonly allowOrigin: AllowedOrigins
  /** Address that the server listens on. */
  readonly host: string
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

/** The routes below `/v1`, and on Azure below `/openai/v1` and `/openai`. */
const routes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/realtime\/client_secrets$/,
    answer: withBody(
      mint(ClientSecretCreateParams, (emulator, params, { names, selection }) =>
        emulator.mintClientSecret(params, names, selection),
      ),
    ),
  },
  {
    method: 'POST',
    path: /^\/realtime\/translations\/client_secrets$/,
    answer: withBody(
      mint(TranslationClientSecretCreateParams, (emulator, params, { selection }) =>
        emulator.mintTranslationSecret(params, selection),
      ),
    ),
  },
  {
    method: 'POST',
    path: /^\/realtime\/calls$/,
    answer: withBody(({ emulator, calls }, request, body) => {
      const refusal = emulator.takeRefusal(selectionOf(request))
      return refusal ? handshakeRefusal(refusal) : calls.create(request, body)
    }),
  },
  {
    method: 'POST',
    path: /^\/realtime\/calls\/([^/]+)\/hangup$/,
    answer: ({ calls, sip }, request, [id = '']) => (sip.has(id) ? sip : calls).hangUp(request, id),
  },
  {
    method: 'POST',
    path: /^\/realtime\/calls\/([^/]+)\/accept$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.accept(request, id, body)),
  },
  {
    method: 'POST',
    path: /^\/realtime\/calls\/([^/]+)\/reject$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.reject(request, id, body)),
  },
  {
    method: 'POST',
    path: /^\/realtime\/calls\/([^/]+)\/refer$/,
    answer: withBody(({ sip }, request, body, [id = '']) => sip.refer(request, id, body)),
  },
]

/** Handles HTTP requests that are not WebSocket upgrades. */
export async function answerHttp(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isAllowed = isAllowedOrigin(request, context.allowOrigin)
  const { status, headers, body } = isAllowed
    ? await answerOf(context, request).catch(failureResponse)
    : foreignOrigin(request)
  response
    .writeHead(status, {
      'x-request-id': createId('req'),
      ...(isAllowed ? crossOriginHeaders(request) : {}),
      ...headers,
    })
    .end(body)
}

async function answerOf(context: HttpContext, request: IncomingMessage): Promise<HttpResponse> {
  if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' }
  if (isControlPath(request)) {
    return isOwnHost(request, context) ? answerControl(context.emulator, request) : foreignHost()
  }
  const { pathname } = urlOf(request)
  if (pathname === '/' && request.method === 'GET') return introduce()
  const api = apiPathOf(request)
  for (const { method, path, answer } of api ? routes : []) {
    const match = path.exec(api?.path ?? '')
    if (match && method === request.method) return answer(context, request, match.slice(1))
  }
  if (isSessionPath(api)) return errorResponse(426, error('Connect with a WebSocket.'), { upgrade: 'websocket' })
  return errorResponse(404, error(`Invalid URL (${request.method} ${pathname})`))
}

/** The response to a request that the emulator could not handle, such as an offer for a call when an installed package does not load. */
function failureResponse(failure: unknown): HttpResponse {
  const { name, code } = Object(failure) as { readonly name?: unknown; readonly code?: unknown }
  const message = `The emulator could not handle the request: ${code ?? name ?? 'unknown error'}.`
  return errorResponse(500, { ...refusals.internal(), message })
}

/** The response to a page of an origin that is not allowed. */
export function foreignOrigin({ headers: { origin } }: IncomingMessage): HttpResponse {
  return errorResponse(
    403,
    error(
      `Pages of ${String(origin).slice(0, 100)} may not use this emulator. Allow the origin with the option "allowOrigin", or with --allow-origin on the command line.`,
    ),
  )
}

/** The response to a request that a page of another site may have sent with a host name that points to this machine. */
function foreignHost(): HttpResponse {
  return errorResponse(
    403,
    error('Control the emulator at 127.0.0.1 or localhost, or start it with the option "host" or --host.'),
  )
}

function introduce(): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'The Realtime emulator of realtime-primitives. WebSocket: /v1/realtime?model=gpt-realtime-2.1. WebRTC: POST /v1/realtime/calls. Client secrets: POST /v1/realtime/client_secrets. Control: GET /_emulator.\n',
  }
}

/** Creates the handler that mints client secrets of one kind. */
function mint<Params>(
  schema: Schema<Params>,
  mintWith: (
    emulator: Emulator,
    params: Params,
    request: {
      readonly names: 'models' | 'deployments'
      readonly selection: ReturnType<typeof selectionOf>
    },
  ) => object | Refusal,
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
    const path = apiPathOf(request)
    const names = path && isAzurePath(path) ? 'deployments' : 'models'
    const secret = mintWith(emulator, params as Params, { names, selection: selectionOf(request) })
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
    const body = await readBody(request)
    return body ? answer(context, request, body, params) : errorResponse(413, error('The body is too large.'))
  }
}

function error(message: string): Refusal {
  return { type: 'invalid_request_error', code: null, message, param: null }
}
