import { createServer, type IncomingHttpHeaders } from 'node:http'
import { afterEach } from 'vitest'
import type { RealtimeError } from '../../../../src/errors.js'
import { type LoopbackServer, listen } from '../../../support/loopback.js'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How the API of a test answers: 200 and nothing, by default; `drop` breaks the connection, `never` leaves it open. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'drop'
  | 'never'

/** An API on loopback that a test scripts, and all that it saw. */
export interface Api {
  /** Ends in `/v1`. */
  readonly url: string
  readonly seen: readonly Seen[]
  /** Every byte that arrived, on every connection. */
  bytes(): string
}

const open: LoopbackServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

/** Starts an API that ends with the test. */
export async function startApi(reply: (request: Seen, index: number) => Reply = () => ({})): Promise<Api> {
  const seen: Seen[] = []
  const chunks: Buffer[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      const arrived = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      seen.push(arrived)
      const answer = reply(arrived, seen.length - 1)
      if (answer === 'drop') request.socket.destroy()
      else if (answer !== 'never') {
        response.writeHead(answer.status ?? 200, answer.headers)
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
      }
    })
  })
  server.on('connection', (socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)))
  const listening = await listen(server)
  open.push(listening)
  return {
    url: `http://127.0.0.1:${listening.port}/v1`,
    seen,
    bytes: () => Buffer.concat(chunks).toString('latin1'),
  }
}

/** The answer of the service to a minted secret. */
export const secretAnswer = {
  value: 'ek_minted',
  expires_at: 1_756_310_470,
  session: { type: 'realtime', object: 'realtime.session', id: 'sess_1', model: 'gpt-realtime', expires_at: 0 },
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<RealtimeError> {
  return promise.then(
    () => {
      throw new Error('It did not reject.')
    },
    (error) => error as RealtimeError,
  )
}
