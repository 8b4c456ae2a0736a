import { systemClock } from '../../../internal/clock.js'
import type { McpError, McpListedTool } from '../../../protocol/items.js'
import type { McpTool } from '../../../protocol/tools.js'
import { type McpCallResult, type McpServer, protocolError } from './mcp-server.js'

// https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
const protocolVersion = '2025-06-18'
const parseError = -32_700
const maxPages = 100
/** Maximum duration of a request in milliseconds, in real time. */
const requestMs = 60_000
/** Status that is reported for a server that cannot be reached, as a gateway does. */
const badGateway = 502

interface RpcMessage {
  readonly id?: unknown
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code?: unknown; readonly message?: unknown }
}

/** The failure of a request to an MCP server. */
interface Failure {
  readonly error: McpError
}

/**
 * Connects to an MCP server over streamable HTTP. Each request is one POST, whose response is JSON or a stream of server-sent events. The
 * connection is initialized by the first request.
 * @param tool - The tool of the session, with the URL, the authorization, and the headers of the server.
 */
export function connectMcpServer({ server_url, authorization, headers }: McpTool): McpServer {
  const url = String(server_url)
  let sessionId: string | undefined
  let version: string | undefined
  let initialized: Promise<Failure | undefined> | undefined
  let count = 0

  function ownHeaders(): Record<string, string> {
    return {
      ...headers,
      ...(authorization ? { authorization: `Bearer ${authorization}` } : {}),
      ...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
      ...(version === undefined ? {} : { 'mcp-protocol-version': version }),
    }
  }

  /** Sends a message and reads the response. Both end when the signal aborts, or after {@link requestMs}. */
  async function post<T>(body: object, signal: AbortSignal, read: (response: Response) => Promise<T>): Promise<T> {
    // React Native has neither `AbortSignal.any` nor `AbortSignal.timeout`.
    const controller = new AbortController()
    const abort = () => controller.abort()
    const cancelTimer = systemClock.after(requestMs, abort)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      const response = await fetch(url, {
        method: 'POST',
        // A redirect could lead to another machine.
        redirect: 'error',
        signal: controller.signal,
        headers: {
          ...ownHeaders(),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', ...body }),
      })
      return await read(response)
    } finally {
      cancelTimer()
      signal.removeEventListener('abort', abort)
    }
  }

  async function request(method: string, params: object, signal: AbortSignal): Promise<Failure | Rpc> {
    const id = ++count
    try {
      return await post({ id, method, params }, signal, (response) => readReply(response, id, method))
    } catch {
      return httpFailure(badGateway, 'The MCP server could not be reached.')
    }
  }

  async function readReply(response: Response, id: number, method: string): Promise<Failure | Rpc> {
    sessionId = response.headers.get('mcp-session-id') ?? sessionId
    if (!response.ok) {
      await response.body?.cancel()
      return httpFailure(response.status, `The MCP server responded with HTTP status ${response.status}.`)
    }
    const message = await messageOf(response, id)
    if (!message) return { error: protocolError(parseError, `The MCP server sent no response to ${method}.`) }
    if (message.error) {
      const { code, message: text } = message.error
      return { error: protocolError(typeof code === 'number' ? code : parseError, String(text ?? method)) }
    }
    return { result: message.result ?? {} }
  }

  async function initialize(signal: AbortSignal): Promise<Failure | undefined> {
    const clientInfo = { name: 'realtime-primitives-emulator', version: '1' }
    const reply = await request('initialize', { protocolVersion, capabilities: {}, clientInfo }, signal)
    if ('error' in reply) return reply
    version = typeof reply.result.protocolVersion === 'string' ? reply.result.protocolVersion : protocolVersion
    await post({ method: 'notifications/initialized' }, signal, async ({ body }) => body?.cancel()).catch(() => {})
    return undefined
  }

  async function call(method: string, params: object, signal: AbortSignal): Promise<Failure | Rpc> {
    initialized ??= initialize(signal)
    const failure = await initialized
    if (!failure) return request(method, params, signal)
    // The next request tries again.
    initialized = undefined
    return failure
  }

  return {
    async listTools(signal) {
      const tools: McpListedTool[] = []
      let cursor: unknown
      for (let page = 0; page < maxPages; page++) {
        const reply = await call('tools/list', typeof cursor === 'string' ? { cursor } : {}, signal)
        if ('error' in reply) throw new Error(reply.error.message)
        if (!Array.isArray(reply.result.tools)) throw new Error('The MCP server sent no list of tools.')
        tools.push(...reply.result.tools.map(describeTool))
        cursor = reply.result.nextCursor
        if (typeof cursor !== 'string') break
      }
      return tools
    },
    async callTool(name, args, signal) {
      const parsed = parseArguments(args)
      if (!parsed) return { error: protocolError(parseError, 'The arguments of the call are not a JSON object.') }
      const reply = await call('tools/call', { name, arguments: parsed }, signal)
      return 'error' in reply ? reply : resultOf(reply.result)
    },
    close() {
      if (sessionId === undefined) return
      fetch(url, { method: 'DELETE', redirect: 'error', headers: ownHeaders() })
        .then((response) => response.body?.cancel())
        .catch(() => {})
    },
  }
}

interface Rpc {
  readonly result: Readonly<Record<string, unknown>>
}

function httpFailure(code: number, message: string): Failure {
  return { error: { type: 'http_error', code, message } }
}

/** Returns the JSON-RPC response with this identifier. A stream of events can contain notifications before it. */
async function messageOf(response: Response, id: number): Promise<RpcMessage | undefined> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (!isStream) return find(parseJson(await response.text()), id)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) return undefined
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    text += (value ?? '').replaceAll('\r', '')
    const events = `${text}${done ? '\n\n' : ''}`.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const lines = event.split('\n').filter((line) => line.startsWith('data:'))
      const message = find(parseJson(lines.map((line) => line.slice('data:'.length)).join('\n')), id)
      if (!message) continue
      // The server may keep the stream open.
      await reader.cancel()
      return message
    }
    if (done) return undefined
  }
}

function find(value: unknown, id: number): RpcMessage | undefined {
  return (Array.isArray(value) ? value : [value]).find((message) => message?.id === id)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseArguments(args: string): object | undefined {
  const value = args.trim() === '' ? {} : parseJson(args)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

function describeTool(tool: {
  readonly name?: unknown
  readonly description?: unknown
  readonly inputSchema?: unknown
  readonly annotations?: unknown
}): McpListedTool {
  const object = (value: unknown) => (typeof value === 'object' && value !== null ? (value as object) : undefined)
  return {
    name: String(tool.name),
    description: typeof tool.description === 'string' ? tool.description : null,
    input_schema: { ...object(tool.inputSchema) },
    annotations: tool.annotations === undefined ? null : { ...object(tool.annotations) },
  }
}

/** Returns the result of `tools/call`: its texts, or its whole content as JSON if it contains anything else. */
function resultOf({ content, structuredContent, isError }: Readonly<Record<string, unknown>>): McpCallResult {
  const parts: { readonly type?: unknown; readonly text?: unknown }[] = Array.isArray(content) ? content : []
  const isText = parts.length > 0 && parts.every(({ type, text }) => type === 'text' && typeof text === 'string')
  const output = isText
    ? parts.map(({ text }) => text).join('\n')
    : JSON.stringify(parts.length > 0 ? parts : (structuredContent ?? parts))
  return isError === true ? { error: { type: 'tool_execution_error', message: output } } : { output }
}
