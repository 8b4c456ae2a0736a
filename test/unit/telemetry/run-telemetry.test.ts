import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import {
  combineDetectors,
  createSession,
  detectCardNumbers,
  type RealtimeSession,
  reconnecting,
  runMcp,
  runTools,
  runUsage,
  type SessionConfigInput,
  type TextDetector,
  type ToolOptions,
  tool,
} from 'realtime-primitives'
import { runTelemetry, type TelemetryOptions } from 'realtime-primitives/telemetry'
import {
  call,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
  type ManualClock,
  mcpCall,
  reply,
} from 'realtime-primitives/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flaky } from '../../support/flaky.js'

const secret = '4929 1234 5678 9012'
const detectSecret: TextDetector = (text) =>
  [...text.matchAll(new RegExp(secret, 'g'))].map(({ index }) => ({
    start: index,
    end: index + secret.length,
    kind: 'secret',
  }))
const shutdowns: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const shutDown of shutdowns.splice(0)) await shutDown()
})

/** A session on the emulator that is exported to memory. */
async function traced(
  options: Partial<TelemetryOptions> = {},
  {
    script = [call('charge', { card: secret }), reply(`I have charged ${secret}.`)],
    mcpServers = {},
    ...toolOptions
  }: Pick<EmulatorOptions, 'script' | 'mcpServers'> &
    Pick<ToolOptions, 'scheduling'> & { execute?: () => Promise<string> } = {},
) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, latencyMs: 200, script, mcpServers })
  const line = flaky(emulator.connect({ model: 'gpt-realtime-2.1' }))
  const session = createSession({ clock, transport: reconnecting(line.transport, { clock, retryDelayMs: () => 300 }) })
  const spanExporter = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 31 - 1 })
  const meters = new MeterProvider({ readers: [reader] })
  shutdowns.push(
    () => tracers.shutdown(),
    () => meters.shutdown(),
  )
  const charge = tool({
    name: 'charge',
    description: 'Charges a card.',
    parameters: z.object({ card: z.string() }),
    execute: () => new Promise<string>((resolve) => void clock.after(450, () => resolve(`paid with ${secret}`))),
    ...toolOptions,
  })
  const tools = runTools(session, [charge])
  const prices = { 'gpt-realtime-2.1': { input: { text: 4, audio: 32 }, output: { text: 16, audio: 64 } } }
  const usage = runUsage(session, { prices })
  const start = () =>
    runTelemetry(session, {
      tracer: tracers.getTracer('test'),
      meter: meters.getMeter('test'),
      tools,
      usage,
      ...options,
    })
  const telemetry = start()
  const connecting = session.connect()
  await clock.advance(0)
  await connecting

  async function metrics(): Promise<ReadonlyMap<string, readonly { attributes: object; value: unknown }[]>> {
    await meters.forceFlush()
    const last = metricExporter.getMetrics().at(-1)
    const all = last?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]))
  }

  return { session, clock, line, usage, start, telemetry, metrics, spans: () => spanExporter.getFinishedSpans() }
}

/** Adds the MCP server `bank`, whose tools the server calls without approval. */
async function addBank(session: RealtimeSession, clock: ManualClock): Promise<void> {
  runMcp(session)
  const server = { type: 'mcp', server_label: 'bank', server_url: 'https://bank.example', require_approval: 'never' }
  void session.update({ tools: [server] } as SessionConfigInput)
  await clock.advance(5_000)
}

const names = (spans: readonly ReadableSpan[]) => spans.map(({ name }) => name)
const ms = ({ duration: [seconds, nanoseconds] }: ReadableSpan) => Math.round(seconds * 1000 + nanoseconds / 1e6)

describe('runTelemetry: the spans of a session', () => {
  it('are a tree of the turn, its responses, and its calls', async () => {
    const { session, clock, spans } = await traced()
    session.respond()
    await clock.advance(10_000)
    await session.close()
    expect(names(spans())).toEqual([
      'chat gpt-realtime-2.1',
      'chat gpt-realtime-2.1',
      'execute_tool charge',
      'turn',
      'realtime session',
    ])
    const [first, , toolSpan, turn, root] = spans()
    expect(first?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId)
    expect(toolSpan?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId)
    expect(turn?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId)
    expect(toolSpan && ms(toolSpan)).toBe(450)
    expect(toolSpan?.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'charge',
    })
    expect(first?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-realtime-2.1',
      'gen_ai.response.finish_reasons': ['completed'],
    })
    expect(turn?.attributes).toMatchObject({ 'realtime.turn.outcome': 'completed', 'realtime.silence.tool_ms': 450 })
    expect(turn?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0)
    expect(turn?.attributes['realtime.cost']).toBeGreaterThan(0)
    expect(root?.attributes['gen_ai.conversation.id']).toMatch(/^sess_/)
  })

  it('contain nothing that was said', async () => {
    const { session, clock, spans, metrics } = await traced()
    session.sendMessage(`My card is ${secret}.`)
    await clock.advance(10_000)
    await session.close()
    const exported = spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
    expect(JSON.stringify([exported, [...(await metrics())]])).not.toContain('4929')
  })

  it('contain what was said with the option content', async () => {
    const { session, clock, spans } = await traced({ content: true })
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const [, second, toolSpan] = spans()
    expect(second?.attributes['gen_ai.output.messages']).toContain(`I have charged ${secret}.`)
    expect(toolSpan?.attributes['gen_ai.tool.call.arguments']).toContain(secret)
  })

  it('replace what the detector finds, in each part of a response', async () => {
    const { session, clock, spans } = await traced({
      content: true,
      redact: combineDetectors(detectCardNumbers, detectSecret),
    })
    session.respond()
    await clock.advance(10_000)
    const place = { response_id: 'resp_1', item_id: 'item_1', output_index: 0, event_id: 'event_1' }
    const response = { object: 'realtime.response' as const, id: 'resp_1', conversation_id: 'conv_1' }
    session.dispatch({
      type: 'response.created',
      event_id: 'event_2',
      response: { ...response, status: 'in_progress', output: [] },
    } as never)
    // Digits at the end of one part must not hide the number at the start of the next.
    for (const [content_index, text] of ['4044 8713 2337 92', '40448713233792'].entries())
      session.dispatch({ type: 'response.output_text.done', ...place, content_index, text })
    session.dispatch({
      type: 'response.done',
      event_id: 'event_3',
      response: { ...response, status: 'completed', output: [] },
    } as never)
    await session.close()
    const attributes = JSON.stringify(spans().map((span) => [span.attributes, span.events]))
    expect(attributes).toContain('I have charged [secret].')
    expect(attributes).toContain('[card number][card number]')
    expect(attributes).not.toMatch(/5678|3792/)
  })

  it('have a reconnect with its duration, and the metric counts it', async () => {
    const { session, clock, line, spans, metrics } = await traced()
    line.cut()
    await clock.advance(1_000)
    await session.close()
    const reconnect = spans().find(({ name }) => name === 'reconnect')
    expect(reconnect && ms(reconnect)).toBe(300)
    expect(reconnect?.attributes['realtime.reconnect.attempts']).toBe(1)
    expect((await metrics()).get('realtime.connection.losses')?.[0]?.value).toBe(1)
  })

  it('have the handoffs of agents', async () => {
    let handOff = (_event: { from: string; to: string }) => {}
    const agents = {
      on(_type: 'handedOff', listener: typeof handOff) {
        handOff = listener
        return () => {}
      },
    }
    const { session, spans } = await traced({ agents })
    handOff({ from: 'reception', to: 'billing' })
    await session.close()
    const [handoff] = spans()
    expect(handoff?.name).toBe('handoff billing')
    expect(handoff?.attributes).toEqual({ 'gen_ai.agent.name': 'billing', 'realtime.handoff.from': 'reception' })
  })

  it('end with the code of the error that ended the session', async () => {
    const { session, clock, line, spans } = await traced()
    line.refuse(100, 401)
    line.cut()
    await clock.advance(120_000)
    await session.closed
    const root = spans().find(({ name }) => name === 'realtime session')
    expect(root?.status.code).toBe(SpanStatusCode.ERROR)
    expect(root?.attributes['error.type']).toMatch(/^[A-Z_]+$/)
  })

  it('describe the session also when they start after connect', async () => {
    const { session, telemetry, start, spans } = await traced()
    telemetry.stop()
    start()
    await session.close()
    const [first, second] = spans()
    expect(second?.attributes['gen_ai.conversation.id']).toMatch(/^sess_/)
    expect(second?.attributes).toEqual(first?.attributes)
  })

  it('end at once in a session that was closed before', async () => {
    const { session, start, spans, metrics } = await traced()
    await session.close()
    start()
    expect(names(spans())).toEqual(['realtime session', 'realtime session'])
    expect((await metrics()).get('realtime.connection.buffered') ?? []).toEqual([])
  })

  it('of a lost turn end when the connection was lost', async () => {
    const { session, clock, line, spans, metrics } = await traced({}, { script: [reply('A long answer. '.repeat(20))] })
    session.respond()
    await clock.advance(600)
    line.cut()
    await clock.advance(10_000)
    await session.close()
    const [chat, turn] = spans()
    expect(turn?.attributes['realtime.turn.outcome']).toBe('lost')
    expect([chat, turn].map((span) => span && ms(span))).toEqual([600, 600])
    const [duration] = (await metrics()).get('gen_ai.client.operation.duration') ?? []
    expect(duration?.attributes).toMatchObject({ 'error.type': 'lost' })
    expect(duration?.value).toMatchObject({ sum: 0.6 })
  })

  it('of a background call end with its result, below its turn', async () => {
    const script = [call('charge', { card: secret }), reply('I am charging it.'), reply('It is paid.')]
    const { session, clock, spans } = await traced({}, { script, scheduling: 'background' })
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    const [turn] = spans().filter(({ name }) => name === 'turn')
    expect(toolSpan && ms(toolSpan)).toBe(450)
    expect(toolSpan?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId)
    expect(turn?.attributes['realtime.silence.tool_ms']).toBe(0)
  })

  it('of a call that fails after its turn have the code of its error', async () => {
    const script = [call('charge', { card: secret }), reply('I am charging it.'), reply('It has failed.')]
    const { session, clock, spans } = await traced({}, { script, scheduling: 'background', execute: () => failed })
    const failed = new Promise<string>((_resolve, reject) => void clock.after(2_000, () => reject(new Error('no'))))
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    expect(toolSpan?.attributes['error.type']).toBe('EXECUTION_FAILED')
  })

  it('of an MCP call last from its start to its end at the server, below the turn that waits for it', async () => {
    const script = [mcpCall('bank', 'charge', { card: secret }), reply('It is paid.')]
    const mcpServers = { bank: { tools: [{ name: 'charge' }], latencyMs: 700 } }
    const { session, clock, spans } = await traced({}, { script, mcpServers })
    await addBank(session, clock)
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    const turns = spans().filter(({ name }) => name === 'turn')
    expect(toolSpan && ms(toolSpan)).toBe(700)
    expect(toolSpan?.attributes['gen_ai.tool.type']).toBe('extension')
    expect(JSON.stringify(toolSpan?.attributes)).not.toContain(secret)
    expect(turns).toHaveLength(1)
    expect(turns[0]?.attributes['realtime.silence.tool_ms']).toBe(700)
    expect(toolSpan?.parentSpanContext?.spanId).toBe(turns[0]?.spanContext().spanId)
  })

  it('of an MCP call that fails have an error', async () => {
    const script = [mcpCall('bank', 'charge', {}), reply('It has failed.')]
    const error = { type: 'tool_execution_error', message: secret } as const
    const mcpServers = { bank: { tools: [{ name: 'charge', error }], latencyMs: 100 } }
    const { session, clock, spans } = await traced({}, { script, mcpServers })
    await addBank(session, clock)
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    expect(toolSpan?.attributes['error.type']).toBe('failed')
    expect(toolSpan?.status.code).toBe(SpanStatusCode.ERROR)
  })

  it('of an MCP call whose connection is lost end with the next server session', async () => {
    const script = [mcpCall('bank', 'charge', {}), reply('It is paid.')]
    const mcpServers = { bank: { tools: [{ name: 'charge' }], latencyMs: 2_000 } }
    const { session, clock, line, spans } = await traced({}, { script, mcpServers })
    await addBank(session, clock)
    session.respond()
    await clock.advance(1_000)
    line.cut()
    await clock.advance(5_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    expect(toolSpan?.attributes['error.type']).toBe('lost')
    expect(toolSpan && ms(toolSpan)).toBeLessThan(2_000)
  })

  it('of a call that still runs when the session is closed end there', async () => {
    const { session, clock, spans } = await traced({}, { execute: () => new Promise(() => {}) })
    session.respond()
    await clock.advance(2_000)
    await session.close()
    const toolSpan = spans().find(({ name }) => name === 'execute_tool charge')
    expect(toolSpan && ms(toolSpan)).toBeGreaterThan(1_000)
    expect(toolSpan?.endTime).toEqual(spans().at(-1)?.endTime)
  })

  it('end when the telemetry is stopped, and nothing follows', async () => {
    const { session, clock, telemetry, spans } = await traced()
    telemetry.stop()
    session.respond()
    await clock.advance(10_000)
    await session.close()
    expect(names(spans())).toEqual(['realtime session'])
  })
})

describe('runTelemetry: the metrics of a session', () => {
  it('have tokens, cost, and silences by cause, in seconds', async () => {
    const { session, clock, metrics } = await traced({ attributes: { tenant: 'acme' } })
    session.respond()
    await clock.advance(10_000)
    await session.close()
    const all = await metrics()
    const tokens = all.get('gen_ai.client.token.usage') ?? []
    expect(tokens.map(({ attributes }) => attributes)).toMatchObject([
      { tenant: 'acme', 'gen_ai.token.type': 'input' },
      { tenant: 'acme', 'gen_ai.token.type': 'output' },
    ])
    expect(all.get('gen_ai.client.operation.duration')?.[0]?.value).toMatchObject({ count: 2 })
    const silences = all.get('realtime.silence') ?? []
    const tool = silences.find(
      ({ attributes }) => 'realtime.silence.cause' in attributes && attributes['realtime.silence.cause'] === 'tool',
    )
    expect(tool?.value).toMatchObject({ count: 1, sum: 0.45 })
    expect(all.get('realtime.cost')?.[0]?.value).toBeGreaterThan(0)
  })

  it('have the tokens and the cost of all responses, also of out-of-band ones', async () => {
    const { session, clock, usage, metrics } = await traced({}, { script: [reply('One.'), reply('Two.')] })
    session.respond()
    await clock.advance(5_000)
    session.respond({ conversation: 'none' })
    await clock.advance(5_000)
    const { total } = usage.getState()
    const all = await metrics()
    expect(all.get('realtime.cost')?.[0]?.value).toBeCloseTo(total.cost?.amount ?? 0, 12)
    expect(all.get('gen_ai.client.token.usage')?.map(({ attributes, value }) => [attributes, value])).toMatchObject([
      [
        { 'gen_ai.token.type': 'input', 'gen_ai.operation.name': 'chat' },
        { count: 2, sum: total.input.total },
      ],
      [
        { 'gen_ai.token.type': 'output', 'gen_ai.operation.name': 'chat' },
        { count: 2, sum: total.output.total },
      ],
    ])
    await session.close()
  })

  it('count interruptions and report the bytes that wait', async () => {
    const { session, clock, metrics } = await traced()
    session.on('response.output_audio.delta', ({ item_id }) => session.playback.enqueued({ itemId: item_id }))
    session.sendMessage('Hello')
    await clock.advance(1_500)
    session.interrupt()
    const all = await metrics()
    expect(all.get('realtime.interruptions')?.[0]?.value).toBe(1)
    expect(all.get('realtime.connection.buffered')?.[0]?.value).toBe(0)
    await session.close()
  })
})
