import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('latency-opentelemetry: prints the spans of a call, and the causes of its silence', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, 6).map((line) => line.replace(/ \d+ ms$/, ''))).toEqual([
    'call',
    '  realtime session',
    '    turn',
    '      chat gpt-realtime-2.1',
    '      chat gpt-realtime-2.1',
    '      execute_tool weather',
  ])
  expect(lines[5]).toBe('      execute_tool weather 450 ms')
  expect(lines.slice(6)).toEqual([
    expect.stringMatching(/^realtime\.silence\.server_ms: \d+$/),
    'realtime.silence.tool_ms: 450',
  ])
}, 180_000)

const run = () => runExample('latency-opentelemetry/main.ts')
