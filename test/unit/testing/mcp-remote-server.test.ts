import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectMcpServer } from '../../../src/testing/emulator/mcp/remote-server.js'

interface Request {
  readonly id?: number
  readonly method: string
  readonly params: { readonly cursor?: string }
}

type Reply = (request: Request, response: ServerResponse, headers: IncomingMessage['headers']) => void

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const json = (response: ServerResponse, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const result = (id: number | undefined, value: object) => ({ jsonrpc: '2.0', id, result: value })

/** Starts an MCP server that initializes by itself and leaves all other requests to `reply`. */
async function startServer(reply: Reply, initial: Record<string, string> = {}) {
  const seen: { method: string; headers: IncomingMessage['headers'] }[] = []
  const server = createServer(async (message, response) => {
    let body = ''
    for await (const chunk of message) body += chunk
    if (message.method !== 'POST') {
      seen.push({ method: String(message.method), headers: message.headers })
      response.writeHead(200).end()
      return
    }
    const request = JSON.parse(body) as Request
    seen.push({ method: request.method, headers: message.headers })
    if (request.method === 'initialize') json(response, result(request.id, { protocolVersion: '2025-06-18' }), initial)
    else if (request.id === undefined) response.writeHead(202).end()
    else reply(request, response, message.headers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const server_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  return { seen, server, tool: { type: 'mcp', server_label: 'docs', server_url } as const }
}

const { signal } = new AbortController()
const text = (...texts: string[]) => ({ content: texts.map((text) => ({ type: 'text', text })) })

describe('a real MCP server', () => {
  it('is initialized once, with its session, authorization, and headers', async () => {
    const { tool, seen } = await startServer(({ id }, response) => json(response, result(id, { tools: [] })), {
      'mcp-session-id': 'abc',
    })
    const server = connectMcpServer({ ...tool, authorization: 'token', headers: { 'x-team': 'blue' } })
    await server.listTools(signal)
    await server.callTool('search', '{}', signal)
    server.close()
    await expect.poll(() => seen.map(({ method }) => method), { timeout: 20_000 }).toContain('DELETE')
    expect(seen.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'tools/call',
      'DELETE',
    ])
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer token', 'x-team': 'blue' })
    for (const { headers } of seen.slice(1))
      expect(headers).toMatchObject({
        authorization: 'Bearer token',
        'mcp-session-id': 'abc',
        'mcp-protocol-version': '2025-06-18',
      })
  })

  it('lists its tools page by page', async () => {
    const { tool } = await startServer(({ id, params }, response) =>
      json(
        response,
        result(
          id,
          params.cursor
            ? { tools: [{ name: 'b', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] }
            : { tools: [{ name: 'a', description: 'A.', inputSchema: { type: 'object' } }], nextCursor: 'next' },
        ),
      ),
    )
    expect(await connectMcpServer(tool).listTools(signal)).toEqual([
      { name: 'a', description: 'A.', input_schema: { type: 'object' }, annotations: null },
      { name: 'b', description: null, input_schema: { type: 'object' }, annotations: { readOnlyHint: true } },
    ])
  })

  it.each([
    [text('one', 'two'), { output: 'one\ntwo' }],
    [{ content: [], structuredContent: { pages: 3 } }, { output: '{"pages":3}' }],
    [
      { content: [{ type: 'image', data: 'AA', mimeType: 'image/png' }] },
      { output: '[{"type":"image","data":"AA","mimeType":"image/png"}]' },
    ],
    [
      { ...text('no permission'), isError: true },
      { error: { type: 'tool_execution_error', message: 'no permission' } },
    ],
  ])('returns the result %j as %j', async (value, expected) => {
    const { tool } = await startServer(({ id }, response) => json(response, result(id, value)))
    expect(await connectMcpServer(tool).callTool('search', '{"q":"zod"}', signal)).toEqual(expected)
  })

  it('can stream its response after notifications, and keep the stream open', async () => {
    const { tool } = await startServer(({ id }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        ': ping\r\n\r\nevent: message\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\r\n\r\n',
      )
      response.write(`event: message\r\ndata: ${JSON.stringify(result(id, text('three')))}\r\n\r\n`)
    })
    expect(await connectMcpServer(tool).callTool('search', '', signal)).toEqual({ output: 'three' })
  })

  it.each<[string, Reply, object]>([
    [
      'an HTTP error',
      (_, response) => response.writeHead(403).end('secret'),
      { type: 'http_error', code: 403, message: 'The MCP server responded with HTTP status 403.' },
    ],
    [
      'a JSON-RPC error',
      ({ id }, response) => json(response, { jsonrpc: '2.0', id, error: { code: -32_602, message: 'Unknown tool' } }),
      { type: 'protocol_error', code: -32_602, message: 'Unknown tool' },
    ],
    [
      'no JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      { type: 'protocol_error', code: -32_700, message: 'The MCP server sent no response to tools/call.' },
    ],
    [
      'a stream that ends without a response',
      (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n'),
      { type: 'protocol_error', code: -32_700, message: 'The MCP server sent no response to tools/call.' },
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(307, { location: 'http://example.com/' }).end(),
      { type: 'http_error', code: 502, message: 'The MCP server could not be reached.' },
    ],
  ])('that responds with %s fails the call with the reason', async (_, reply, error) => {
    const { tool } = await startServer(reply)
    expect(await connectMcpServer(tool).callTool('search', '{}', signal)).toEqual({ error })
  })

  it('that cannot be reached fails, and is initialized again by the next request', async () => {
    const { tool, server } = await startServer(({ id }, response) => json(response, result(id, text('back'))))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const client = connectMcpServer(tool)
    await expect(client.listTools(signal)).rejects.toThrow('could not be reached')
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(await client.callTool('search', '{}', signal)).toEqual({ output: 'back' })
  })

  it.each(['no JSON', '[1]', '"text"'])('is not called with the arguments %s', async (args) => {
    const { tool, seen } = await startServer(({ id }, response) => json(response, result(id, text('no'))))
    const called = await connectMcpServer(tool).callTool('search', args, signal)
    expect(called).toMatchObject({ error: { type: 'protocol_error' } })
    expect(seen).toEqual([])
  })
})
