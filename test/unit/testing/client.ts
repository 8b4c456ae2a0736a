import { encodeBase64 } from '../../../src/audio/base64.js'
import { int16ToBytes } from '../../../src/audio/int16.js'
import type { ServerEvent, ServerEventOf, ServerEventType } from '../../../src/protocol/server-events.js'
import {
  type ConnectRequest,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
  type ManualClock,
} from '../../../src/testing/index.js'
import type { TransportClose } from '../../../src/transports/transport.js'

/** A bare client of an emulator on a clock that stands still: what it sends, and what it got. */
export interface TestClient {
  readonly clock: ManualClock
  readonly events: ServerEvent[]
  readonly closes: TransportClose[]
  /** Sends an event of any shape and waits until the emulator has answered what it answers at once. */
  send(event: object): Promise<void>
  sendFrame(frame: string): Promise<void>
  /** Appends PCM in pieces of 20 ms, as fast as it can. */
  speak(pcm: Int16Array): Promise<void>
  all<Type extends ServerEventType>(type: Type): ServerEventOf<Type>[]
  last<Type extends ServerEventType>(type: Type): ServerEventOf<Type>
  /** The types of the events since the last call. */
  fresh(): string[]
  close(): Promise<void>
}

export async function connectTo(options: EmulatorOptions = {}, request?: ConnectRequest): Promise<TestClient> {
  const clock = createManualClock()
  const transport = createEmulator({ clock, ...options }).connect(request)
  const events: ServerEvent[] = []
  const closes: TransportClose[] = []
  let seen = 0
  transport.on('message', (frame) => events.push(JSON.parse(frame)))
  transport.on('close', (close) => closes.push(close))
  await transport.open()
  await clock.advance(0)

  const client: TestClient = {
    clock,
    events,
    closes,
    async sendFrame(frame) {
      transport.send(frame)
      await clock.advance(0)
    },
    send: (event) => client.sendFrame(JSON.stringify(event)),
    async speak(pcm) {
      for (let at = 0; at < pcm.length; at += 480) {
        const audio = encodeBase64(int16ToBytes(pcm.slice(at, at + 480)))
        transport.send(JSON.stringify({ type: 'input_audio_buffer.append', audio }))
      }
      await clock.advance(0)
    },
    all: <Type extends ServerEventType>(type: Type) =>
      events.filter((event) => event.type === type) as ServerEventOf<Type>[],
    last(type) {
      const found = client.all(type).at(-1)
      if (!found) throw new Error(`No ${type} among ${events.map((event) => event.type).join(', ')}`)
      return found
    },
    fresh() {
      const types = events.slice(seen).map(({ type }) => type)
      seen = events.length
      return types
    },
    close: () => transport.close(),
  }
  return client
}

/** A user message with text. */
export function said(text: string, id?: string): object {
  return {
    type: 'conversation.item.create',
    item: { ...(id ? { id } : {}), type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  }
}

/** The update that configures a session's input. */
export function inputConfig(input: object): object {
  return { type: 'session.update', session: { type: 'realtime', audio: { input } } }
}
