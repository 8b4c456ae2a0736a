import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('agents: hands off with a reason, is vetoed, and returns to the first agent', async () => {
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules/.bin/tsx'),
    ['--tsconfig', 'tsconfig.json', 'examples/agents/main.ts'],
    { cwd: root, timeout: 120_000 },
  )
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
