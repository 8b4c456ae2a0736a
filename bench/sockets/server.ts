// The server of the bench part `sockets`, in its own process. It prints its port, and exits when its standard input closes.
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { makeTrace } from '../trace.js'
import { type Command, controlPath, spreadMs } from './endpoint.js'
import { makePacedConversation } from './pace.js'

const trace = makeTrace()
const conversation = makePacedConversation()
const updated = trace.greeting.toString().replace('"session.created"', '"session.updated"')

/** Buffered amount of a socket above which a flood waits, in bytes. */
const highWaterMark = 2 ** 22
/** Interval at which due frames are sent, in milliseconds. */
const tickMs = 5

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
let sessions: WebSocket[] = []
let pacer: NodeJS.Timeout | undefined

server.on('connection', (socket, { url }) => {
  socket.on('error', () => socket.terminate())
  if (url === controlPath) serveControl(socket)
  else serveSession(socket)
})
server.on('listening', () => console.log((server.address() as AddressInfo).port))
process.stdin.on('end', () => process.exit()).resume()

function serveSession(socket: WebSocket): void {
  sessions.push(socket)
  socket.on('message', (data) => {
    if (isSessionUpdate(data)) socket.send(updated)
  })
  socket.send(trace.greeting, { binary: false })
}

/** Tests the start of a frame instead of parsing it, because nearly all frames are audio appends. */
function isSessionUpdate(data: RawData): boolean {
  const text = data.toString()
  return !text.startsWith('{"type":"input_audio_buffer.append"') && JSON.parse(text).type === 'session.update'
}

function serveControl(control: WebSocket): void {
  control.on('message', (data) => {
    const order = JSON.parse(data.toString()) as Command
    if (order.command === 'pace') pace()
    else flood(sessions[order.session]).catch(() => control.terminate())
  })
  // The client has finished.
  control.on('close', () => {
    clearInterval(pacer)
    for (const socket of sessions) socket.terminate()
    sessions = []
  })
}

async function flood(socket: WebSocket | undefined): Promise<void> {
  for (const frame of trace.frames) {
    socket?.send(frame, { binary: false })
    while (socket && socket.bufferedAmount > highWaterMark) await wait(1)
  }
}

/** Sends the conversation to every session, with different start times so that the load is even. */
function pace(): void {
  const startMs = performance.now()
  const places = sessions.map((socket, index) => ({
    socket,
    next: 0,
    delayMs: (spreadMs * index) / sessions.length,
  }))
  pacer = setInterval(() => {
    const nowMs = performance.now() - startMs
    for (const place of places) {
      let frame = conversation[place.next]
      while (frame && frame.atMs + place.delayMs <= nowMs) {
        place.socket.send(frame.make(), { binary: false })
        place.next += 1
        frame = conversation[place.next]
      }
    }
  }, tickMs)
}
