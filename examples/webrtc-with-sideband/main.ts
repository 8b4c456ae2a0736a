// A WebRTC call whose tools and guardrails run on a server: the client has the audio, and the server joins with a sideband connection.
import { createClientSecret } from 'realtime-primitives/server'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { type Client, createClient } from './client.js'
import { joinCall } from './monitor.js'

const apiKey = 'sk-emulator'
const questions = ['What is the weather in Lisbon?', 'And what does a room cost?']
const price = 'A room costs 90 dollars. That is for one night, with breakfast, a towel, and a view of the sea.'
const service = await serve(
  createEmulator({
    apiKey,
    voice: 'tone',
    hear: () => questions.shift() ?? '…',
    script: [
      call('weather', { city: 'Lisbon' }),
      reply('It is sunny, 21 degrees.'),
      reply(price),
      reply('I cannot talk about prices.'),
    ],
  }),
)
const print = (who: string, text: string) => console.log(`${who.padEnd(8)} ${text}`)
let client: Client | undefined

try {
  // The server creates a client secret for the page, and the page sends the id of its call to the server.
  const { value } = await createClientSecret(
    {
      session: {
        type: 'realtime',
        model: 'gpt-realtime-2.1',
        audio: {
          input: {
            transcription: { model: 'gpt-transcribe' },
            turn_detection: { type: 'server_vad', silence_duration_ms: 300 },
          },
        },
      },
    },
    { apiKey, baseUrl: service.httpUrl },
  )
  client = createClient(value, service.httpUrl)
  await client.session.connect()
  const monitor = await joinCall(String(client.transport.callId), { apiKey, baseUrl: service.url, print })

  const answered = client.session.waitFor('output_audio_buffer.stopped', { timeoutMs: 20_000 })
  client.speak(900)
  await answered

  const before = client.playedMs
  const cleared = client.session.waitFor('output_audio_buffer.cleared', { timeoutMs: 20_000 })
  const explained = client.session.waitFor('output_audio_buffer.stopped', { timeoutMs: 20_000 })
  client.speak(900)
  await cleared
  const heardOfPriceMs = client.playedMs - before
  await explained
  await client.close()
  const { wasClean } = await monitor.closed

  print('client', `heard ${Math.round(before)} ms of the weather, and ${Math.round(heardOfPriceMs)} ms of the price`)
  // The transcript of a response arrives before its audio, so a guardrail on the server acts in time, or almost.
  if (before < 500 || heardOfPriceMs > 2_000 || !wasClean) throw new Error('The call did not go as it should.')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await client?.close()
  await service.close()
}
