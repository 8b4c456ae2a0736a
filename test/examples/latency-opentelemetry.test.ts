import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { trace } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createSession } from 'realtime-primitives'
import { createEmulator, createManualClock, reply, silence } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { traceTurns } from '../../examples/latency-opentelemetry/trace-turns.js'
import { joined, silentSamples, vowel } from '../support/speech.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ms = ([seconds, nanoseconds]: ReadableSpan['duration']) => seconds * 1000 + nanoseconds / 1e6

describe('latency-opentelemetry: the exported spans', () => {
  it('contain the measured turn', async () => {
    const clock = createManualClock()
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    const emulator = createEmulator({
      clock,
      latencyMs: 280,
      script: [reply('Hello.'), silence(Number.POSITIVE_INFINITY)],
    })
    const session = createSession({ transport: emulator.connect(), clock })
    const connecting = session.connect()
    await clock.advance(0)
    await connecting
    traceTurns(session, provider.getTracer('test'))
    session.audio.append(joined(silentSamples(400), vowel(800), silentSamples(1200)))
    await clock.advance(5000)
    session.respond()
    await clock.advance(100)
    await session.close()

    const spans = exporter.getFinishedSpans()
    expect(spans.map(({ name }) => name)).toEqual(['response', 'turn', 'response', 'turn'])
    const [response, turn, , lost] = spans
    expect(turn?.attributes).toMatchObject({ trigger: 'speech', outcome: 'completed', 'latency.firstDelta_ms': 280 })
    expect(turn?.events.map(({ name }) => name)).toEqual(['committed', 'created', 'firstDelta', 'done'])
    expect(ms(turn?.duration ?? [0, 0])).toBeCloseTo(Number(turn?.attributes['latency.done_ms']), 0)
    expect(response?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId)
    expect(response?.attributes).toMatchObject({ status: 'completed' })
    expect(lost?.status).toMatchObject({ message: 'lost' })
    await provider.shutdown()
    trace.disable()
  })
})

describe('latency-opentelemetry: the program', () => {
  it('prints one turn with its two responses and the tool', async () => {
    const { code, stdout, stderr } = await run()
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [first, ...tree] = stdout.trimEnd().split('\n')
    expect(first).toMatch(/^time to the first sound: \d+ ms$/)
    expect(tree.map((line) => line.replace(/ \d+ ms$/, ''))).toEqual([
      'call',
      '  turn',
      '    response',
      '    response',
      '    tool weather',
    ])
    expect(tree).toContain('    tool weather 450 ms')
  }, 180_000)
})

function run(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const program = join(root, 'examples/latency-opentelemetry/main.ts')
  return new Promise((resolve) => {
    const options = { cwd: root, env, timeout: 120_000 }
    const child = execFile(join(root, 'node_modules/.bin/tsx'), [program], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
