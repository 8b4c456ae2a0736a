// Holds conversations with or without telemetry, and prints the CPU of one in milliseconds. Started by measure-telemetry.ts.
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { runTelemetry } from 'realtime-primitives/telemetry'
import { holdConversations } from '../spoken/conversations.js'

const [kind, count] = [process.argv[2], Number(process.argv[3])]
const spans = new InMemorySpanExporter()
const tracer = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spans)] }).getTracer('bench')
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meter = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] }).getMeter('bench')
const hold = (conversations: number) =>
  holdConversations(conversations, (session) => {
    if (kind === 'with') runTelemetry(session, { tracer, meter })
  })

await hold(Math.max(3, Math.ceil(count / 5))) // compiles the code
globalThis.gc?.()
const before = process.cpuUsage()
await hold(count)
const { user, system } = process.cpuUsage(before)
console.log((user + system) / 1_000 / count)
process.exit()
