import { createSession, type RealtimeSession, type Transport } from 'realtime-primitives'

/** When the user stays silent after a response, the server commits the silence as a turn, and the model asks again. */
export async function idleTimeout(transport: Transport, print: (line: string) => void): Promise<RealtimeSession> {
  const session = createSession({
    transport,
    config: {
      instructions: 'When the caller says nothing, ask once whether they are still there.',
      audio: { input: { turn_detection: { type: 'server_vad', idle_timeout_ms: 6_000 } } },
    },
  })

  session.on('input_audio_buffer.timeout_triggered', ({ audio_start_ms, audio_end_ms }) => {
    print(`silence for ${audio_end_ms - audio_start_ms} ms`)
  })
  // A response that the server starts by itself has the same kind of handle as session.respond().
  session.on('response', () => print('the assistant speaks unasked'))
  session.on('response.output_audio_transcript.done', ({ transcript }) => print(`assistant: ${transcript}`))

  await session.connect()
  return session
}
