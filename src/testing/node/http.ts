import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checker } from '../../protocol/check.js'
import { ClientSecretCreateParams } from '../../protocol/rest.js'
import type { Emulator } from '../emulator/emulator.js'
import { refusalOf } from '../emulator/problem-refusal.js'
import { isRefusal, type Refusal, refusals } from '../emulator/rules.js'
import { keyOf, urlOf } from './connect-request.js'

const mostBytes = 1 << 20

/** Answers the requests that are no WebSocket upgrades. */
export async function answerHttp(
  emulator: Emulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = urlOf(request)
  if (pathname === '/' && request.method === 'GET') {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.end(
      'The Realtime emulator of realtime-primitives. It talks on the WebSocket at /v1/realtime?model=gpt-realtime-2.1 and mints client secrets at POST /v1/realtime/client_secrets.\n',
    )
    return
  }
  if (pathname === '/v1/realtime/client_secrets' && request.method === 'POST') {
    return mint(emulator, request, response)
  }
  if (pathname === '/v1/realtime') {
    return refuse(response, 426, error('Connect with a WebSocket.'), { upgrade: 'websocket' })
  }
  refuse(response, 404, error(`Invalid URL (${request.method} ${pathname})`))
}

async function mint(emulator: Emulator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = keyOf(request)
  if (!emulator.acceptsKey(key)) return refuse(response, 401, key ? refusals.invalidKey() : refusals.missingKey())
  const body = await bodyOf(request)
  if (body === undefined) return refuse(response, 413, error('The body is too large.'))
  let params: unknown
  try {
    params = JSON.parse(body || '{}')
  } catch {
    return refuse(response, 400, error('We could not parse the JSON body of your request.'))
  }
  const problem = checker(ClientSecretCreateParams)(params)
  if (problem) return refuse(response, 400, refusalOf(problem, params))
  const secret = emulator.mintClientSecret(params as ClientSecretCreateParams)
  if (isRefusal(secret)) return refuse(response, 400, secret)
  sendJson(response, 200, secret)
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function error(message: string): Refusal {
  return { type: 'invalid_request_error', code: null, message, param: null }
}

function refuse(
  response: ServerResponse,
  status: number,
  refusal: Refusal,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  sendJson(response, status, { error: refusal })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}
