import { Buffer } from 'node:buffer'
import { createPcm16Encoder, toInt16 } from 'realtime-primitives/audio'
import { realtimeCodec } from 'realtime-primitives/protocol'
import { agentsSession, agentsTransport } from './contenders/agents.js'
import { openaiSocket } from './contenders/openai.js'
import { ourSession } from './contenders/ours.js'
import { type Contender, measure, type Result } from './measure.js'
import { randomSource, type Trace } from './trace.js'

const chunks = 20_000
const samples = 480

/** Measures the way from 20 ms of float samples to the frame that is passed to the socket. */
export async function measureOutbound({ greeting }: Trace, rounds: number): Promise<Result[]> {
  const random = randomSource(11)
  const chunk = Float32Array.from({ length: samples }, () => random() - 0.5)
  const created = greeting.toString()
  const encoder = createPcm16Encoder()
  const each = (work: () => void) => {
    for (let count = 0; count < chunks; count++) work()
  }

  const contenders: Contender[] = [
    {
      name: 'realtime-primitives: codec, checked',
      prepare: async () => async () => {
        let frames = 0
        each(() => {
          const audio = encoder.encode(chunk)
          if (realtimeCodec.encode({ type: 'input_audio_buffer.append', audio }).length > 1_280) frames += 1
        })
        return frames
      },
    },
    {
      name: 'realtime-primitives: session, checked',
      async prepare() {
        const { session, transport } = await ourSession(created)
        return async () => {
          each(() => session.audio.append(chunk))
          return transport.sent.frames
        }
      },
    },
    {
      name: 'openai: send, with Buffer for base64',
      async prepare() {
        const { realtime, sent } = openaiSocket()
        await new Promise((resolve) => realtime.socket.once('close', resolve))
        return async () => {
          each(() => {
            const audio = Buffer.from(toInt16(chunk).buffer).toString('base64')
            realtime.send({ type: 'input_audio_buffer.append', audio })
          })
          return sent.frames
        }
      },
    },
    {
      name: 'openai: send, as its guide encodes',
      async prepare() {
        const { realtime, sent } = openaiSocket()
        await new Promise((resolve) => realtime.socket.once('close', resolve))
        return async () => {
          each(() => realtime.send({ type: 'input_audio_buffer.append', audio: portableBase64(portablePcm16(chunk)) }))
          return sent.frames
        }
      },
    },
    {
      name: 'agents-realtime: transport, sendAudio',
      async prepare() {
        const { transport, sent } = await agentsTransport(created)
        const before = sent.frames
        return async () => {
          each(() => transport.sendAudio(portablePcm16(chunk)))
          return sent.frames - before
        }
      },
    },
    {
      name: 'agents-realtime: session, sendAudio',
      async prepare() {
        const { session, sent } = await agentsSession(created)
        const before = sent.frames
        return async () => {
          each(() => session.sendAudio(portablePcm16(chunk)))
          return sent.frames - before
        }
      },
    },
  ]
  return measure(contenders, { units: chunks, rounds, expected: chunks })
}

/** Converts float samples to PCM16 with a `DataView`, as the code in guides and common recorders does. */
function portablePcm16(chunk: Float32Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(chunk.length * 2))
  chunk.forEach((value, index) => {
    const clipped = Math.min(1, Math.max(-1, value))
    view.setInt16(index * 2, clipped * (clipped < 0 ? 32_768 : 32_767), true)
  })
  return view.buffer
}

/** Converts bytes to base64 with `btoa`, which every browser has. */
function portableBase64(buffer: ArrayBuffer): string {
  let text = ''
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte)
  return btoa(text)
}
