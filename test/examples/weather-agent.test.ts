import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('weather-agent: runs two tools in parallel, a handoff, and an approval, and blocks a phrase', async () => {
  const { code, stdout } = await runExample('weather-agent/main.ts')
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'caller   Where is it warm?',
    'call     weather {"city":"Oslo"}',
    'call     weather {"city":"Lisbon"}',
    'agent    Oslo has 3 degrees, Lisbon has 21.',
    'caller   Take me there.',
    'call     transfer_to_travel {}',
    'handoff  weather to travel',
    'call     book {"city":"Lisbon"}',
    'approve  book true',
    'unheard  You fly on Friday, for 90 euros.',
    'agent    You fly on Friday. The price is in your mail.',
  ])
}, 180_000)

it('weather-agent: has at most 60 readable lines', () => {
  const lines = readFileSync(join(root, 'examples/weather-agent/main.ts'), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(60)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120)
})
