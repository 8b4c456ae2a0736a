import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

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
