import { encodeBase64 } from '../../../src/audio/base64.js'
import { int16ToBytes } from '../../../src/audio/int16.js'
import type { ClientEvent } from '../../../src/protocol/client-events.js'
import type { ServerEvent } from '../../../src/protocol/server-events.js'
import { call, type EmulatorOptions, reply } from '../../../src/testing/index.js'
import type { Transport } from '../../../src/transports/transport.js'
import { joined, room, speechLike } from '../../unit/testing/speech.js'

/** The content of the recordings of real traffic as one session: history, a written turn, a tool call, and a spoken turn. */
export const scenarioOptions: EmulatorOptions = {
  pace: Number.POSITIVE_INFINITY,
  latencyMs: 0,
  transcriptionLagMs: 0,
  hear: () => 'Hello, my name is Marcelo.',
  script: [
    reply('Your name is Alice.'),
    call('get_weather', { city: 'London' }),
    reply('It is foggy.'),
    reply('Hello there! Great to meet you!'),
    reply('Hi Marcelo!'),
  ],
}

const message = (role: string, part: object) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role, content: [part] },
})
const append = (pcm: Int16Array) => ({ type: 'input_audio_buffer.append', audio: encodeBase64(int16ToBytes(pcm)) })
const configure = (session: object, transcription: object) => ({
  type: 'session.update',
  session: {
    type: 'realtime',
    instructions: 'Reply in a few words.',
    tools: [
      { type: 'function', name: 'get_weather', description: 'Look up the weather.', parameters: { type: 'object' } },
    ],
    audio: { input: { transcription, turn_detection: { type: 'server_vad', silence_duration_ms: 500 } } },
    ...session,
  },
})

/** Client events, and the server event to wait for before the next step. */
const steps: readonly [send: (events: readonly ServerEvent[]) => object[], until: ServerEvent['type']][] = [
  [() => [configure({ output_modalities: ['text'] }, { model: 'gpt-realtime-whisper' })], 'session.updated'],
  [
    () => [
      message('user', { type: 'input_text', text: 'My name is Alice.' }),
      message('assistant', { type: 'output_text', text: 'Nice to meet you!' }),
      message('user', { type: 'input_text', text: 'What is my name?' }),
      { type: 'response.create' },
    ],
    'response.done',
  ],
  [
    () => [message('user', { type: 'input_text', text: 'What is the weather?' }), { type: 'response.create' }],
    'response.done',
  ],
  [
    (events) => {
      const { call_id } = events.findLast(({ type }) => type === 'response.function_call_arguments.done') as {
        call_id: string
      }
      const item = { type: 'function_call_output', call_id, output: 'Foggy, 12 degrees.' }
      return [{ type: 'conversation.item.create', item }, { type: 'response.create' }]
    },
    'response.done',
  ],
  [() => [configure({ output_modalities: ['audio'] }, { model: 'gpt-4o-transcribe' })], 'session.updated'],
  [() => [{ type: 'response.create' }], 'response.done'],
  [
    () => [append(joined(room(1000), speechLike(1000), room(800)))],
    'conversation.item.input_audio_transcription.completed',
  ],
]

/** Opens a transport and runs the scenario over it. Returns the events of the server. */
export async function playScenario(transport: Transport): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  let onEvent = () => {}
  transport.on('message', (frame) => {
    events.push(JSON.parse(frame))
    onEvent()
  })
  const until = async (type: ServerEvent['type'], from: number) => {
    while (!events.slice(from).some((event) => event.type === type)) {
      await new Promise<void>((resolve) => {
        onEvent = resolve
      })
    }
  }
  await transport.open()
  await until('session.created', 0)
  for (const [send, answer] of steps) {
    const from = events.length
    for (const event of send(events)) transport.send(JSON.stringify(event as ClientEvent))
    await until(answer, from)
  }
  await transport.close()
  return events
}
