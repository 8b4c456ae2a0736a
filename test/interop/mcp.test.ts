import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'
import { createSession, runMcp, runTools, webSocket } from 'realtime-primitives'
import { createEmulator, mcpCall } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Starts a stateless server of the MCP SDK with one tool. */
async function startMcpServer(): Promise<{ url: string; calls: unknown[] }> {
  const calls: unknown[] = []
  const http = createServer(async (request, response) => {
    const mcp = new McpServer({ name: 'weather', version: '1.0.0' })
    mcp.registerTool(
      'forecast',
      { description: 'Weather of a city.', inputSchema: { city: z.string() }, annotations: { readOnlyHint: true } },
      async (args) => {
        calls.push(args)
        return { content: [{ type: 'text', text: `Rain in ${args.city}.` }] }
      },
    )
    const transport = new StreamableHTTPServerTransport({})
    await mcp.connect(transport as never)
    await transport.handleRequest(request, response)
    response.once('close', () => void mcp.close())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    http.closeAllConnections()
    http.close()
  })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, calls }
}

async function startEmulator(script = [mcpCall('weather', 'forecast', { city: 'Oslo' })]) {
  const server = await serve(createEmulator({ script, latencyMs: 0, pace: Number.POSITIVE_INFINITY }))
  closers.push(() => server.close())
  return server
}

describe('a server of the MCP SDK', () => {
  it('is listed and called by the emulator, with an approval by this package', { timeout: 30_000 }, async () => {
    const { url, calls } = await startMcpServer()
    const emulator = await startEmulator()
    const transport = webSocket({ baseUrl: emulator.url, apiKey: 'sk-test', model: 'gpt-realtime-2.1' })
    const session = createSession({ transport, config: { output_modalities: ['text'] } })
    closers.push(() => session.close())
    await session.connect()
    const mcp = runMcp(session)
    runTools(session, [{ type: 'mcp', server_label: 'weather', server_url: url }])
    const listed = await new Promise((resolve) =>
      mcp.on('listing', (event) => event.status === 'completed' && resolve(event)),
    )
    expect(listed).toMatchObject({ serverLabel: 'weather', tools: [{ name: 'forecast' }] })

    mcp.approvals.on('requested', ({ id, arguments: args }) => {
      expect(args).toEqual({ city: 'Oslo' })
      expect(calls).toEqual([])
      mcp.approvals.approve(id)
    })
    const words: string[] = []
    session.on('response.output_text.done', ({ text }) => words.push(text))
    session.respond()
    // The follow-up response repeats the output of the call.
    await vi.waitFor(() => expect(words).toEqual(['Rain in Oslo.']), { timeout: 20_000 })
    expect(calls).toEqual([{ city: 'Oslo' }])
  })

  it('is not called when this package rejects the call, and the model responds', { timeout: 30_000 }, async () => {
    const { url, calls } = await startMcpServer()
    const emulator = await startEmulator()
    const transport = webSocket({ baseUrl: emulator.url, apiKey: 'sk-test', model: 'gpt-realtime-2.1' })
    const session = createSession({ transport, config: { output_modalities: ['text'] } })
    closers.push(() => session.close())
    await session.connect()
    const mcp = runMcp(session)
    runTools(session, [{ type: 'mcp', server_label: 'weather', server_url: url }])
    await new Promise<void>((resolve) => mcp.on('listing', ({ status }) => status === 'completed' && resolve()))
    mcp.approvals.on('requested', ({ id }) => mcp.approvals.reject(id, 'not now'))
    const statuses: unknown[] = []
    session.on('response.done', ({ response }) => statuses.push(response.status))
    session.respond()
    await vi.waitFor(() => expect(statuses).toEqual(['completed', 'completed']), { timeout: 20_000 })
    expect(calls).toEqual([])
  })

  it('is listed and called by the emulator, with an approval by agents-realtime', { timeout: 30_000 }, async () => {
    const { url, calls } = await startMcpServer()
    const emulator = await startEmulator()
    const agent = new RealtimeAgent({
      name: 'Weather',
      tools: [
        {
          type: 'hosted_tool',
          name: 'hosted_mcp',
          providerData: { type: 'mcp', server_label: 'weather', server_url: url, require_approval: 'always' },
        },
      ],
    })
    const transport = new OpenAIRealtimeWebSocket({ url: `${emulator.url}/realtime?model=gpt-realtime-2.1` })
    const session = new RealtimeSession(agent, { transport, config: { outputModalities: ['text'] } })
    closers.push(() => session.close())
    const errors: unknown[] = []
    session.on('error', (error) => errors.push(error))
    session.on('tool_approval_requested', (_context, _agent, { approvalItem }) => void session.approve(approvalItem))
    const completed: unknown[] = []
    session.on('mcp_tool_call_completed', (_context, _agent, item) => completed.push(item))
    await session.connect({ apiKey: 'sk-test' })
    await vi.waitFor(() => expect(session.availableMcpTools.map(({ name }) => name)).toEqual(['forecast']), {
      timeout: 20_000,
    })

    session.sendMessage('What is the weather in Oslo?')
    await vi.waitFor(() => expect(JSON.stringify(session.history.at(-1))).toContain('"text":"Rain in Oslo."'), {
      timeout: 20_000,
    })
    expect(completed).toMatchObject([{ name: 'forecast', output: 'Rain in Oslo.' }])
    expect(calls).toEqual([{ city: 'Oslo' }])
    expect(errors).toEqual([])
  })
})
