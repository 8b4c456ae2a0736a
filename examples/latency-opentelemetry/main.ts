import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createSession, runTools, tool } from 'realtime-primitives'
import { runTelemetry } from 'realtime-primitives/telemetry'
import { call, createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { z } from 'zod'

// Your own program has this in its setup, with an exporter that sends spans to where you read them.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('voice-agent')

const clock = createManualClock() // so that it takes no time; leave it out with a real service
const emulator = createEmulator({
  clock,
  latencyMs: 280,
  script: [call('weather', { city: 'Oslo' }), reply('It rains in Oslo.')],
})
const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }), clock })

const weather = tool({
  name: 'weather',
  description: 'Returns the weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: () => new Promise<string>((resolve) => clock.after(450, () => resolve('rain'))),
})
const tools = runTools(session, [weather])

await tracer.startActiveSpan('call', async (span) => {
  runTelemetry(session, { tracer, tools })
  const connecting = session.connect()
  await clock.advance(0)
  await connecting
  session.respond()
  await clock.advance(5000)
  await session.close()
  span.end()
})
await provider.forceFlush()

const spans = exporter.getFinishedSpans()
printTree()
const turn = spans.find(({ name }) => name === 'turn')
for (const [name, value] of Object.entries(turn?.attributes ?? {}))
  if (name.startsWith('realtime.silence.') && Number(value) > 0) console.log(`${name}: ${value}`)
await provider.shutdown()
if (spans.length !== 6) process.exitCode = 1

function printTree(parent?: ReadableSpan, depth = 0): void {
  for (const span of spans.filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanContext().spanId,
  )) {
    const [seconds, nanoseconds] = span.duration
    const length = parent ? ` ${Math.round(seconds * 1000 + nanoseconds / 1e6)} ms` : ''
    console.log(`${'  '.repeat(depth)}${span.name}${length}`)
    printTree(span, depth + 1)
  }
}
