import { createSession, type RealtimeSession, type Transport } from 'realtime-primitives'

/** The server detects and transcribes turns. The app requests a response only if a turn names the assistant. */
export async function appDecides(
  transport: Transport,
  name: string,
  print: (line: string) => void,
): Promise<RealtimeSession> {
  const session = createSession({
    transport,
    config: {
      audio: {
        input: {
          transcription: { model: 'gpt-transcribe' },
          turn_detection: { type: 'server_vad', create_response: false },
        },
      },
    },
  })

  session.on('conversation.item.input_audio_transcription.completed', async ({ transcript }) => {
    if (!transcript.toLowerCase().includes(name.toLowerCase())) {
      print(`not for ${name}: ${transcript}`)
      return
    }
    print(`for ${name}: ${transcript}`)
    const { status } = await session.respond().done
    print(`the answer is ${status}`)
  })

  await session.connect()
  return session
}
