import { createTranslationSession, type Transport } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'

/** Interprets while somebody speaks, without turns and answers, and loses no word at the end. */
export async function translation(
  transport: Transport,
  microphone: AsyncIterable<Int16Array>,
  language: string,
  play: (pcm: Uint8Array) => void,
  print: (line: string) => void,
): Promise<string> {
  const session = createTranslationSession({
    transport,
    config: {
      audio: {
        input: { transcription: { model: 'gpt-realtime-whisper' } }, // for the words as they were said
        output: { language },
      },
    },
  })
  session.on('session.output_audio.delta', ({ delta }) => play(decodeBase64(delta)))
  await session.connect()

  // Silence too: to the service, time passes only in the sound.
  for await (const samples of microphone) session.audio.append(samples)

  // The server translates what it has heard, says so, and closes.
  await session.finish({ timeoutMs: 30_000 })
  const { input, output } = session.getState()
  print(`heard: ${input}`)
  print(`${language}: ${output}`)
  return output
}
