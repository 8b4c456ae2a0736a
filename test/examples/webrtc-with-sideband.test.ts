import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

const run = () => runExample('webrtc-with-sideband/main.ts')

it('webrtc-with-sideband: answers a function call, blocks a price, and detects the hang-up', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('monitor  weather({"city":"Lisbon"}) = It is sunny in Lisbon, 21 degrees.')
  expect(stdout).toContain('monitor  prices: explain')
  expect(stdout).toContain('agent    I cannot talk about prices.')
  expect(stdout).toMatch(
    /monitor {2}the caller hung up\nclient {3}heard \d+ ms of the weather, and \d+ ms of the price\n$/,
  )
}, 210_000)
