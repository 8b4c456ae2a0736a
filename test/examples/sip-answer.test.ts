import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

const run = () => runExample('sip-answer/main.ts', ['--fast'], { timeoutMs: 160_000 })

it('sip-answer: completes a call with unchanged audio, a tool, an interruption, and a key', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/line {4}\+14155550123 calls/)
  expect(stdout).toMatch(/tool {4}weather\(\{"city":"Lisbon"\}\) = It is sunny in Lisbon, 21 degrees\./)
  expect(stdout).toMatch(/caller {2}cuts in after \d+ ms/)
  expect(stdout).toMatch(/^to the service (0\.99\d\d|1\.0000)( {2}(0\.99\d\d|1\.0000)){3} /m)
  expect(stdout).toMatch(/^echoed {9}(0\.9[89]\d\d|1\.0000) {2}(0\.9[89]\d\d|1\.0000) {2}\(cut off\) /m)
  expect(stdout).toMatch(/^key {12}5$/m)
  expect(stdout).toMatch(/^end {12}ended by the api$/m)
}, 270_000)
