import { encodeBase64 } from '../../../src/audio/base64.js'
import { bytesToInt16, int16ToBytes } from '../../../src/audio/int16.js'
import { translationCodec } from '../../../src/protocol/codec.js'
import type {
  TranslationServerEvent,
  TranslationServerEventOf,
  TranslationServerEventType,
} from '../../../src/protocol/translation-events.js'
import {
  type ConnectRequest,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
} from '../../../src/testing/index.js'
import type { TransportClose } from '../../../src/transports/transport.js'
import { joined } from './speech.js'

export const model = 'gpt-realtime-translate'

/** A bare client of a translation session on a clock that stands still. Every frame that it gets must be an event of the protocol. */
export async function connectToTranslation(
  options: EmulatorOptions = {},
  request: ConnectRequest = { service: 'translations', model },
) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...options })
  const transport = emulator.connect(request)
  const events: TranslationServerEvent[] = []
  const closes: TransportClose[] = []
  transport.on('message', (frame) => {
    const decoded = translationCodec.decode(frame)
    if (decoded.kind !== 'event') throw new Error(`not an event of a translation session: ${frame}`)
    events.push(decoded.event)
  })
  transport.on('close', (close) => closes.push(close))
  await transport.open()
  await clock.advance(0)

  function all<Type extends TranslationServerEventType>(type: Type): TranslationServerEventOf<Type>[] {
    return events.filter((event) => event.type === type) as TranslationServerEventOf<Type>[]
  }

  const client = {
    clock,
    emulator,
    events,
    closes,
    all,
    /** Sends an event of any shape and waits until the emulator has answered what it answers at once. */
    async send(event: object) {
      transport.send(JSON.stringify(event))
      await clock.advance(0)
    },
    configure: (audio: object) => client.send({ type: 'session.update', session: { audio } }),
    /** Appends sound in pieces of so many bytes. */
    async speak(pcm: Int16Array, pieceBytes = 9_600) {
      const bytes = int16ToBytes(pcm)
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const audio = encodeBase64(bytes.slice(at, at + pieceBytes))
        transport.send(JSON.stringify({ type: 'session.input_audio_buffer.append', audio }))
      }
      await clock.advance(0)
    },
    input: () => textOf(all('session.input_transcript.delta')),
    output: () => textOf(all('session.output_transcript.delta')),
    sound: () =>
      joined(
        ...all('session.output_audio.delta').map(({ delta }) =>
          bytesToInt16(new Uint8Array(Buffer.from(delta, 'base64'))),
        ),
      ),
    error() {
      const found = all('error').at(-1)
      if (!found) throw new Error(`no error among ${events.map(({ type }) => type).join(', ')}`)
      return found.error
    },
    close: () => transport.close(),
  }
  return client
}

function textOf(deltas: readonly { readonly delta: string }[]): string {
  return deltas.map(({ delta }) => delta).join('')
}
