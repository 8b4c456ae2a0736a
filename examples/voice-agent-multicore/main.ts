import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { createEmulator, createTelephone, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { WebSocket } from 'ws'
import { startCluster } from './cluster.js'

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    port: { type: 'string', default: '0' },
    serve: { type: 'boolean' },
  },
})
// With --serve, the agent runs until it is interrupted, for "npx realtime-primitives load --via twilio --emulator-port 9000".
const emulator = values.serve ? undefined : await serve(createEmulator({ script: () => reply('Good day.') }))
const MODEL_URL = emulator
  ? `${emulator.url}/realtime?model=gpt-realtime-2.1`
  : (process.env.MODEL_URL ?? 'ws://127.0.0.1:9000/v1/realtime?model=gpt-realtime-2.1')
const calls = new Map<number, number>()

const agent = await startCluster({
  workers: Number(values.workers),
  env: { MODEL_URL, PORT: values.port },
  onMessage: ({ id }) => calls.set(id, (calls.get(id) ?? 0) + 1),
})
const url = `http://127.0.0.1:${agent.port}/incoming`

if (values.serve) {
  console.log(`${values.workers} processes answer at ${url}`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
} else {
  await Promise.all(Array.from({ length: 4 }, () => holdCall(url)))
  console.log(`4 calls were greeted by ${calls.size} processes: ${[...calls.values()].join(' and ')}`)
}
await agent.close()
await emulator?.close()

/** Calls the webhook as Twilio does, and waits for the greeting. */
async function holdCall(webhook: string): Promise<void> {
  const twiml = await (await fetch(webhook, { method: 'POST' })).text()
  const socket = new WebSocket(/<Stream url="([^"]+)"/.exec(twiml)?.[1] ?? '')
  await once(socket, 'open')
  const phone = createTelephone(socket)
  phone.call()
  await phone.waitFor(() => phone.playedMs > 0)
  phone.hangUp()
}
