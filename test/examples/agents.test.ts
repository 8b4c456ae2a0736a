import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('agents: hands off with a reason, is vetoed, and returns to the first agent', async () => {
  const { code, stdout } = await runExample('agents/main.ts')
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'reception: Good evening. What can I do for you?',
    'caller: My invoice is too high.',
    '> reception handed over to billing',
    'billing: I have invoice 7 before me. It was paid twice.',
    'caller: Then I want another contract.',
    '> billing did not hand over to sales: VETOED',
    'billing: Sales is closed now. Shall they call you back?',
    'caller: No, thank you.',
    '> billing handed over to reception',
    'reception: Good night.',
    'voice: marin, items: 14',
  ])
}, 180_000)
