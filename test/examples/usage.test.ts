import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('usage: emits a warning, then cancels responses, and prints the exact total', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const events = stdout.split('\n\n')[0] ?? ''
  const order = ['half of the budget is spent', 'the budget is spent', 'cancelled'].map((text) => events.indexOf(text))
  expect(order.every((at) => at >= 0)).toBe(true)
  expect(order).toEqual([...order].sort((a, b) => a - b))
  const costs = [...stdout.matchAll(/^response .*, (\S+) \(resp_…\)$/gm)].map(([, cost = '']) => picos(cost))
  expect(costs.length).toBeGreaterThan(2)
  const total = /^total: (\S+)$/m.exec(stdout)?.[1] ?? ''
  expect(picos(total)).toBe(costs.reduce((sum, cost) => sum + cost, 0n))
  expect(stdout).toContain(`gpt-realtime-2.1: ${total}`)
}, 180_000)

function picos(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(12, '0'))
}

const run = () => runExample('usage/main.ts')
