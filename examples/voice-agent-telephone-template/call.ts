// Simulates a call to the server: npm run call -- 8080
import { once } from 'node:events'
import { createTelephone } from 'realtime-primitives/testing'
import { WebSocket } from 'ws'
import { listen, speech } from './caller.js'

const port = process.argv[2] ?? '8080'
const response = await fetch(`http://127.0.0.1:${port}/incoming`, { method: 'POST' })
const twiml = await response.text()
const url = /<Stream url="([^"]+)"/.exec(twiml)?.[1]
if (url === undefined) throw new Error(`The server returned no stream: HTTP ${response.status}`)
const token = /name="token" value="([^"]+)"/.exec(twiml)?.[1] ?? ''

const socket = new WebSocket(url)
await once(socket, 'open')
const phone = createTelephone(socket, { customParameters: { token } })
phone.call()
await listen(phone, Date.now)
console.log('The agent has greeted the caller.')
await phone.say(speech(1_500))
await listen(phone, Date.now)
console.log('The agent has responded.')
phone.hangUp()
console.log(`The telephone played ${(phone.playedMs / 1000).toFixed(1)} s of the agent.`)
process.exit()
