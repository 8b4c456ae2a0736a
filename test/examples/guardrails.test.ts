import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('guardrails: blocks a response and deletes a turn of the caller', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'caller   what does the large one cost',
    'agent    Let me look it up for you.',
    'blocked  prices: "90 dollars" was not heard',
    'agent    I cannot talk about prices, but I can put you through.',
    'caller   (taken out: card numbers)',
    'agent    Please do not tell me your card number.',
  ])
}, 180_000)

const run = () => runExample('guardrails/main.ts')
