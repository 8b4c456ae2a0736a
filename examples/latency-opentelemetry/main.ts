import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createSession } from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { traceTurns } from './trace-turns.js'

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
const connecting = session.connect()
await clock.advance(0)
await connecting

session.on('response.output_item.done', ({ item }) => {
  if (item.type !== 'function_call') return
  clock.after(450, () => {
    const output = { type: 'function_call_output', call_id: String(item.call_id), output: 'rain' } as const
    session.send({ type: 'conversation.item.create', item: output })
    session.respond()
  })
})

await tracer.startActiveSpan('call', async (span) => {
  const latency = traceTurns(session, tracer)
  latency.requested()
  session.respond()
  await clock.advance(5000)
  console.log(`time to the first sound: ${latency.summary().firstDelta?.p50} ms`)
  latency.stop()
  span.end()
})
await session.close()
await provider.forceFlush()

const spans = exporter.getFinishedSpans()
printTree()
await provider.shutdown()
if (spans.length !== 5) process.exitCode = 1

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
