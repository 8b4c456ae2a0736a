import { createTranscriptionSession, type TranscriptSegment, type Transport } from 'realtime-primitives'

/** Transcribes a recording completely, including its last words. The service sends no responses. */
export async function transcription(
  transport: Transport,
  recording: Int16Array,
  print: (line: string) => void,
): Promise<readonly TranscriptSegment[]> {
  const session = createTranscriptionSession({
    transport,
    config: {
      audio: {
        input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' } },
      },
    },
  })
  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => print(transcript))
  await session.connect()

  for (let at = 0; at < recording.length; at += 2_400) {
    session.audio.append(recording.subarray(at, at + 2_400))
    await session.audio.drained()
  }

  // Commits the remaining audio, waits for its transcript, and closes.
  const segments = await session.finish({ timeoutMs: 30_000 })
  print(`${segments.length} turns transcribed`)
  return segments
}
