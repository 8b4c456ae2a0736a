import type { IncomingMessage } from 'node:http'
import type { EmulatorSession } from '../emulator/controlled-session.js'
import type { Emulator } from '../emulator/emulator.js'
import { EmulatorError, isEmulatorError } from '../emulator/error.js'
import type { Fault } from '../emulator/faults.js'
import { type JournalEntry, type JournalFilter, matchesFilter } from '../emulator/journal.js'
import type { Refusal } from '../emulator/refusals.js'
import { describeProblem } from '../emulator/validation/problem.js'
import {
  converted,
  isPlainObject,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  validate,
  value,
} from '../emulator/validation/schema.js'
import { urlOf } from './api-path.js'
import { errorResponse, type HttpResponse, jsonResponse } from './http-response.js'
import { readBody } from './read-body.js'

/** Prefix of the routes that control the emulator. They are not part of the Realtime API. */
export const controlPrefix = '/_emulator'

interface ControlRequest {
  readonly emulator: Emulator
  readonly request: IncomingMessage
  /** The groups of the path pattern. */
  readonly params: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: RegExp
  /** How the route is listed at `/_emulator`. */
  readonly description: string
  readonly answer: (request: ControlRequest) => HttpResponse | Promise<HttpResponse>
}

const maxWaitMs = 30_000
const noBody: HttpResponse = { status: 204, headers: {}, body: '' }

const routes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: /^$/,
    description: 'this list',
    answer: ({ emulator }) =>
      jsonResponse(200, {
        routes: routes.map(({ method, path, description }) => ({
          route: `${method} ${controlPrefix}${path.source.replace(/^\^|\$$|\\/g, '').replaceAll('([^/]+)', '{id}')}`,
          description,
        })),
        scripts: emulator.scripts.names,
        openSessions: emulator.sessionCount,
      }),
  },
  {
    method: 'GET',
    path: /^\/sessions$/,
    description: 'lists the sessions; query: testId, state',
    answer({ emulator, query }) {
      const { testId, state } = parse(sessionsQuery, query, 'query')
      return jsonResponse(200, {
        sessions: emulator.sessions
          .filter((session) => testId === undefined || session.testId === testId)
          .filter((session) => state === undefined || session.state === state)
          .map(describeSession),
      })
    },
  },
  {
    method: 'GET',
    path: /^\/sessions\/([^/]+)$/,
    description: 'describes a session',
    answer: ({ emulator, params: [id = ''], query }) => {
      parse(noQuery, query, 'query')
      return jsonResponse(200, describeSession(sessionOf(emulator, id)))
    },
  },
  {
    method: 'GET',
    path: /^\/sessions\/([^/]+)\/journal$/,
    description: 'returns what a session received and sent; query: from, type, after, waitMs',
    answer({ emulator, request, params: [id = ''], query }) {
      sessionOf(emulator, id)
      const { waitMs, ...filter } = parse(journalQuery, query, 'query')
      return answerJournal(emulator, request, { ...filter, sessionId: id }, waitMs)
    },
  },
  {
    method: 'GET',
    path: /^\/journal$/,
    description: 'returns what all sessions received and sent; query: testId, from, type, after, waitMs',
    answer({ emulator, request, query }) {
      const { waitMs, ...filter } = parse(journalQuery, query, 'query')
      return answerJournal(emulator, request, filter, waitMs)
    },
  },
  {
    method: 'POST',
    path: /^\/sessions\/([^/]+)\/events$/,
    description: 'sends an event to the client of a session',
    async answer({ emulator, request, params: [id = ''], query }) {
      parse(noQuery, query, 'query')
      const session = sessionOf(emulator, id)
      session.emit(await jsonOf(request))
      return affected([session])
    },
  },
  {
    method: 'POST',
    path: /^\/events$/,
    description: 'sends an event to the clients of all sessions; query: testId',
    async answer({ emulator, request, query }) {
      const target = parse(testQuery, query, 'query')
      return affected(emulator.emit(await jsonOf(request), target))
    },
  },
  {
    method: 'POST',
    path: /^\/faults$/,
    description:
      'causes a fault; body: fault, sessionId, testId, to, afterEvent, afterMs, times, and the fields of the fault',
    async answer({ emulator, request, query }) {
      parse(noQuery, query, 'query')
      const body: unknown = await jsonOf(request)
      if (!isPlainObject(body)) throw invalid('body', 'not an object', 'an object with a fault')
      const { sessionId, to, ...fault } = body
      const target = parse(faultTarget, { sessionId, to }, '')
      const sessions = emulator.inject(fault as unknown as Fault, target)
      return fault.fault === 'refuse' || target.to === 'next' ? jsonResponse(200, { sessions: [] }) : affected(sessions)
    },
  },
  {
    method: 'GET',
    path: /^\/scripts$/,
    description: 'lists the names of the scripts',
    answer: ({ emulator }) => jsonResponse(200, { scripts: emulator.scripts.names }),
  },
  {
    method: 'PUT',
    path: /^\/scripts\/([^/]+)$/,
    description: 'sets or replaces a script',
    async answer({ emulator, request, params: [name = ''] }) {
      emulator.scripts.set(name, (await jsonOf(request)) as never)
      return jsonResponse(200, { script: name })
    },
  },
  {
    method: 'DELETE',
    path: /^\/scripts\/([^/]+)$/,
    description: 'removes a script',
    answer: ({ emulator, params: [name = ''] }) =>
      emulator.scripts.delete(name)
        ? noBody
        : errorResponse(404, refuse('unknown_script', `The emulator has no script "${name.slice(0, 100)}".`)),
  },
  {
    method: 'POST',
    path: /^\/reset$/,
    description: 'closes sessions, removes journals and faults, and restores the scripts; query: testId',
    answer({ emulator, query }) {
      emulator.reset(parse(testQuery, query, 'query').testId)
      return noBody
    },
  },
]

const integerText = (max: number) =>
  converted(
    value<string>(
      `an integer from 0 to ${max}`,
      (input) => typeof input === 'string' && /^\d{1,15}$/.test(input) && Number(input) <= max,
    ),
    Number,
  )

const noQuery = object<Record<string, never>>({})
const testQuery = object<{ testId?: string }>({ testId: optional(text) })
const sessionsQuery = object<{ testId?: string; state?: EmulatorSession['state'] }>({
  testId: optional(text),
  state: optional(oneOf(['open', 'stalled', 'closed'])),
})
const journalQuery = object<Omit<JournalFilter, 'sessionId'> & { waitMs?: number }>({
  testId: optional(text),
  from: optional(oneOf(['client', 'server'])),
  type: optional(converted(text, (types) => types.split(','))),
  after: optional(integerText(Number.MAX_SAFE_INTEGER)),
  waitMs: optional(integerText(maxWaitMs)),
})
const faultTarget = object<{ sessionId?: string; to?: 'open' | 'next' }>({
  sessionId: optional(text),
  to: optional(oneOf(['open', 'next'])),
})

/** Returns whether a path is one of the control routes. */
export function isControlPath(request: IncomingMessage): boolean {
  const { pathname } = urlOf(request)
  return pathname === controlPrefix || pathname.startsWith(`${controlPrefix}/`)
}

/** Handles a request to a control route. A request that cannot be handled changes nothing. */
export async function answerControl(emulator: Emulator, request: IncomingMessage): Promise<HttpResponse> {
  const { pathname, searchParams } = urlOf(request)
  const path = pathname.slice(controlPrefix.length).replace(/\/$/, '')
  const found = routes.filter((route) => route.path.test(path))
  const route = found.find(({ method }) => method === request.method)
  if (!route) {
    if (found.length === 0) {
      return errorResponse(
        404,
        refuse(null, `No control route ${pathname.slice(0, 200)}. GET ${controlPrefix} lists them.`),
      )
    }
    const allow = found.map(({ method }) => method).join(', ')
    return errorResponse(405, refuse(null, `Use ${allow} for ${pathname.slice(0, 200)}.`), { allow })
  }
  try {
    const params = (route.path.exec(path) ?? []).slice(1).map(decode)
    return await route.answer({ emulator, request, params, query: Object.fromEntries(searchParams) })
  } catch (error) {
    if (isEmulatorError(error, 'INVALID_OPTION')) {
      return errorResponse(400, {
        ...refuse('invalid_value', `${describeProblem(error.data)}.`),
        param: error.data.option,
      })
    }
    if (isEmulatorError(error, 'UNKNOWN_SESSION')) {
      return errorResponse(
        404,
        refuse('unknown_session', `The emulator has no session "${error.data.sessionId.slice(0, 100)}".`),
      )
    }
    if (isEmulatorError(error, 'SESSION_CLOSED')) {
      return errorResponse(404, refuse('session_closed', `The session "${error.data.sessionId}" is closed.`))
    }
    throw error
  }
}

/** Returns the entries that match a filter. With a wait, returns as soon as there is one. */
async function answerJournal(
  emulator: Emulator,
  request: IncomingMessage,
  filter: JournalFilter,
  waitMs = 0,
): Promise<HttpResponse> {
  const entries = emulator.journal(filter)
  if (entries.length > 0 || waitMs === 0) return journalResponse(entries)
  await new Promise<void>((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      off()
      request.socket.off('close', settle)
      resolve()
    }
    const timer = setTimeout(settle, waitMs)
    const off = emulator.on('event', (entry) => {
      if (matchesFilter(entry, filter)) settle()
    })
    request.socket.once('close', settle)
  })
  return journalResponse(emulator.journal(filter))
}

function journalResponse(entries: readonly JournalEntry[]): HttpResponse {
  return jsonResponse(200, { entries })
}

/** Returns the response to a request that applies to sessions. */
function affected(sessions: readonly EmulatorSession[]): HttpResponse {
  if (sessions.length > 0) return jsonResponse(200, { sessions: sessions.map(({ id }) => id) })
  return errorResponse(
    404,
    refuse('no_open_session', 'No open session matches. A fault with "to": "next" waits for the next session.'),
  )
}

function describeSession(session: EmulatorSession) {
  const { id, type, model, testId = null, script, callId = null, state, closed = null, removedEntries } = session
  const counts = { received: session.received.length, sent: session.sent.length, removedEntries }
  return { id, type, model, testId, script, callId, state, closed, ...counts }
}

function sessionOf(emulator: Emulator, sessionId: string): EmulatorSession {
  const session = emulator.sessions.find(({ id }) => id === sessionId)
  if (!session) throw new EmulatorError('UNKNOWN_SESSION', { sessionId })
  return session
}

/** Reads the body as JSON. The content type does not matter, so that `curl --data` works. */
async function jsonOf(request: IncomingMessage): Promise<never> {
  const body = await readBody(request)
  if (!body) throw invalid('body', 'larger than 1 MiB', 'at most 1 MiB')
  try {
    return JSON.parse(body.toString()) as never
  } catch (error) {
    const place = /(?:at )?(?:line \d+ column \d+|position \d+)/.exec((error as Error).message)?.[0]
    throw invalid('body', `not valid JSON${place ? ` (${place})` : ''}`, 'JSON')
  }
}

function parse<Value>(schema: OptionSchema<Value>, input: unknown, name: string): Value {
  const parsed = validate(schema, input, name)
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  return parsed.value
}

function invalid(option: string, found: string, allowed: string): EmulatorError {
  return new EmulatorError('INVALID_OPTION', { option, found, allowed })
}

function refuse(code: string | null, message: string): Refusal {
  return { type: 'invalid_request_error', code, message, param: null }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
