import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('tools: runs two tools in parallel, and requests an approval', async () => {
  const { code, stdout } = await runExample('tools/main.ts')
  expect(code).toBe(0)
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
