import { call, createEmulator, reply, type Script, type Turn } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { expect, vi } from 'vitest'
import { encodeBase64 } from '../../../src/audio/base64.js'
import { int16ToBytes } from '../../../src/audio/int16.js'
import { joined, room, speechLike } from '../../unit/testing/speech.js'
import type { ProtocolEvent, StockClient, StockConnection } from './stock-clients.js'

const apiKey = 'sk-test'
const speech = joined(room(500), speechLike(1_000), room(1_000))

const user = (text: string) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})
const update = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } })
const inText = update({ output_modalities: ['text'] })
const inAudio = update({
  output_modalities: ['audio'],
  audio: {
    input: {
      transcription: { model: 'gpt-4o-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
    },
  },
})

/** A connection with helpers for the tasks. */
interface Client extends StockConnection {
  /** Waits for an event of a type, the `count`th one. */
  received(type: string, count?: number): Promise<ProtocolEvent>
  speak(): void
}

/** Connects a client to an emulator and runs a task with it. */
async function runWith(
  client: StockClient,
  script: Script<Turn>,
  run: (client: Client, server: EmulatorServer) => Promise<void>,
  pace = Number.POSITIVE_INFINITY,
): Promise<void> {
  const emulator = createEmulator({ apiKey, script, pace, latencyMs: 0, hear: () => 'Good morning.' })
  const server = await serve(emulator, { tls: true, ...(client.dialect && { dialect: client.dialect }) })
  try {
    const connection = await client.connect(server, apiKey)
    try {
      await run(
        {
          ...connection,
          received: (type, count = 1) =>
            vi.waitFor(
              () => {
                const found = connection.events.filter((event) => event.type === type)[count - 1]
                return found ?? expect.fail(`${type} is not among ${connection.events.map(({ type }) => type)}`)
              },
              { timeout: 20_000 },
            ),
          speak() {
            for (let at = 0; at < speech.length; at += 2_400) {
              const audio = encodeBase64(int16ToBytes(speech.slice(at, at + 2_400)))
              connection.send({ type: 'input_audio_buffer.append', audio })
            }
          },
        },
        server,
      )
    } finally {
      connection.close()
    }
    await vi.waitFor(() => expect(emulator.sessionCount).toBe(0), { timeout: 20_000 })
  } finally {
    await server.close()
  }
}

/** The tasks of every client, by the name of the column. */
export const tasks: Readonly<Record<string, (client: StockClient) => Promise<void>>> = {
  connect: (client) =>
    runWith(client, [], async ({ received }) => {
      expect(await received('session.created')).toMatchObject({ session: { object: 'realtime.session' } })
    }),

  'text turn': (client) =>
    runWith(client, [reply('Good day to you.')], async ({ send, received, events }) => {
      send(inText)
      send(user('Hello'))
      send({ type: 'response.create' })
      expect(await received('response.done')).toMatchObject({ response: { status: 'completed' } })
      const words = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta)
      expect(words.join('')).toBe('Good day to you.')
    }),

  'spoken turn': (client) =>
    runWith(client, [reply('Good day to you.')], async ({ send, speak, received, events }) => {
      send(inAudio)
      speak()
      expect(await received('response.done')).toMatchObject({ response: { status: 'completed' } })
      const types = events.map(({ type }) => type)
      expect(types).toContain('input_audio_buffer.speech_started')
      expect(types).toContain('response.output_audio.delta')
    }),

  'function call': (client) =>
    runWith(client, [call('weather', { city: 'Oslo' }), reply('It rains.')], async ({ send, received }) => {
      send(update({ output_modalities: ['text'], tools: [{ type: 'function', name: 'weather', parameters: {} }] }))
      send(user('What is the weather?'))
      send({ type: 'response.create' })
      const { response } = await received('response.done')
      expect(response.output[0]).toMatchObject({ type: 'function_call', arguments: '{"city":"Oslo"}' })
      const { call_id } = response.output[0]
      send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id, output: 'rain' } })
      send({ type: 'response.create' })
      expect(await received('response.output_text.done')).toMatchObject({ text: 'It rains.' })
    }),

  interruption: (client) =>
    runWith(
      client,
      [reply('A long story.', { audio: new Int16Array(24_000 * 60) })],
      async ({ send, speak, received }) => {
        send(inAudio)
        send(user('Tell me a story.'))
        send({ type: 'response.create' })
        const { item_id } = await received('response.output_audio.delta', 2)
        speak()
        expect(await received('response.done')).toMatchObject({
          response: { status: 'cancelled', status_details: { reason: 'turn_detected' } },
        })
        send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 100 })
        // Some clients have already truncated the item.
        expect((await received('conversation.item.truncated')).item_id).toBe(item_id)
      },
      4,
    ),

  cancel: (client) =>
    runWith(
      client,
      [reply('A long story.', { audio: new Int16Array(24_000 * 60) })],
      async ({ send, received }) => {
        send({ type: 'response.create' })
        await received('response.output_audio.delta')
        send({ type: 'response.cancel' })
        expect(await received('response.done')).toMatchObject({
          response: { status: 'cancelled', status_details: { reason: 'client_cancelled' } },
        })
      },
      4,
    ),

  'refused update': (client) =>
    runWith(client, [reply('Hi.')], async ({ send, received }) => {
      send(update({ audio: { output: { voice: 'nova' } } }))
      expect(await received('error')).toMatchObject({ error: { code: 'invalid_value' } })
      send({ type: 'response.create' })
      expect(await received('response.done')).toMatchObject({ response: { status: 'completed' } })
    }),

  transcripts: (client) =>
    runWith(client, [reply('Good day to you.')], async ({ send, speak, received }) => {
      send(inAudio)
      speak()
      const transcription = await received('conversation.item.input_audio_transcription.completed')
      expect(transcription.transcript).toBe('Good morning.')
      expect((await received('response.output_audio_transcript.done')).transcript).toBe('Good day to you.')
    }),
}
