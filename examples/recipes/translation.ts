import { createTranslationSession, type Transport } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'

/** Translates speech continuously, without turns or responses, including the last words. */
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
        input: { transcription: { model: 'gpt-realtime-whisper' } }, // for the transcript in the original language
        output: { language },
      },
    },
  })
  session.on('session.output_audio.delta', ({ delta }) => play(decodeBase64(delta)))
  await session.connect()

  // Silence is sent too: the service measures time by the audio it receives.
  for await (const samples of microphone) session.audio.append(samples)

  // The server translates the remaining audio, reports that it is done, and closes.
  await session.finish({ timeoutMs: 30_000 })
  const { input, output } = session.getState()
  print(`heard: ${input}`)
  print(`${language}: ${output}`)
  return output
}
