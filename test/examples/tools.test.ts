import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('tools: runs two tools in parallel, and requests an approval', async () => {
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules/.bin/tsx'),
    ['--tsconfig', 'tsconfig.json', 'examples/tools/main.ts'],
    { cwd: root, timeout: 120_000 },
  )
  const lines = stdout.trim().split('\n')
  expect(lines.slice(2, 5)).toEqual([
    '> weather({"city":"Lisbon"}) = {"city":"Lisbon","celsius":21}',
    '> weather({"city":"Oslo"}) = {"city":"Oslo","celsius":3}',
    'model: Lisbon has 21 degrees, Oslo has 3. Shall I book Lisbon?',
  ])
  expect(lines).toContain('> book({"city":"Lisbon","nights":2}) = booked 2 nights in Lisbon')
  expect(stdout).toContain(
    '"code":"REJECTED","message":"The call was not approved: at most 30 nights. It did not run."',
  )
  expect(lines.at(-1)).toBe('model: I may not book that long.')
}, 180_000)
