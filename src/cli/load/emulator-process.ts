import { type WebSocket, WebSocketServer } from 'ws'
import { createEmulator } from '../../testing/emulator/emulator.js'
import { errorFrame } from '../../testing/emulator/error-frame.js'
import { refusals } from '../../testing/emulator/refusals.js'
import { call, reply, type Step } from '../../testing/emulator/script.js'
import type { Turn } from '../../testing/emulator/turn.js'
import { babble } from '../../testing/emulator/voices.js'
import { connectRequestOf } from '../../testing/node/connect-request.js'
import { serverTransport } from '../../testing/node/server-transport.js'
import { listenLocally } from './http-server.js'
import { lookupTool } from './pcm-connection.js'
import type { RoleHandle } from './role-handle.js'
import { findStamp, type StampFormat, stampAudio } from './stamp.js'
import { createTally } from './tally.js'

const text =
  'That is what I have found out for you. It takes about four seconds to say, so there is time to interrupt me.'
const audioMs = 4_000

export interface EmulatorProcessOptions {
  readonly port?: number
  /** Share of turns with a tool call, for sessions that have the tool. */
  readonly tools: number
}

/**
 * Serves the emulator for a load test. It speaks in real time, so a relay has no reason to hold audio back, and stamps its audio with the
 * time at which it was sent.
 */
export async function startEmulatorProcess({ port = 0, tools }: EmulatorProcessOptions): Promise<RoleHandle> {
  const tally = createTally()
  const audio = babble(text).pcm.slice(0, audioMs * 24)
  const emulator = createEmulator({
    pace: 1,
    latencyMs: 100,
    journal: { maxEntries: 100 },
    script: (turn) => stepsOf(turn, audio, tools),
  })
  const server = await listenLocally(port, (_, response) => response.writeHead(404).end())
  const sockets = new WebSocketServer({ server: server.http, perMessageDeflate: false })

  sockets.on('connection', (socket: WebSocket, request) => {
    const inner = serverTransport(socket, { onBinary: () => errorFrame(refusals.binaryFrame()) })
    let itemId: string | undefined
    inner.on('message', (frame) => {
      const stamp = findStamp(frame, 'pcmu') ?? findStamp(frame, 'pcm')
      if (stamp) tally.delay('up', stamp.ageMs)
    })
    const stamping = {
      send(frame: string) {
        const position = frame.length > 1_000 ? audioOf(frame) : undefined
        if (!position) return inner.send(frame)
        const isFirst = position.itemId !== itemId
        itemId = position.itemId
        const format: StampFormat = position.base64.length < maxMuLawLength ? 'pcmu' : 'pcm'
        inner.send(frame.replace(position.base64, () => stampAudio(position.base64, format, { isFirst })))
      },
    }
    const transport = Object.create(inner, { send: { value: stamping.send } }) as typeof inner
    void emulator.attach(transport, connectRequestOf(request))
  })

  return {
    info: { port: server.port },
    take: tally.take,
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      await server.close()
      await emulator.close()
    },
  }
}

/** 200 ms of mu-law in base64 are shorter than this, and 100 ms of PCM are longer. */
const maxMuLawLength = 3_000

function audioOf(frame: string): { readonly itemId: string; readonly base64: string } | undefined {
  if (!frame.includes('"response.output_audio.delta"')) return undefined
  const itemId = /"item_id":"([^"]+)"/.exec(frame)?.[1]
  const base64 = /"delta":"([^"]+)"/.exec(frame)?.[1]
  return itemId === undefined || base64 === undefined ? undefined : { itemId, base64 }
}

function stepsOf({ session, input }: Turn, audio: Int16Array, rate: number): readonly Step[] {
  const answer = [reply(text, { audio })]
  const hasTool =
    session.type === 'realtime' && session.tools?.some((tool) => 'name' in tool && tool.name === lookupTool.name)
  const last = input.at(-1)
  if (!hasTool || last?.type !== 'message' || last.role !== 'user') return answer
  const turns = input.filter((item) => item.type === 'message' && item.role === 'user').length
  const isDue = Math.floor(turns * rate) > Math.floor((turns - 1) * rate)
  return isDue ? [call(lookupTool.name, { query: 'answer' })] : answer
}
