import {
  createSession,
  type FallbackMessage,
  type RealtimeSession,
  runFallback,
  type Transport,
} from 'realtime-primitives'

/** Requests a response again when it fails, and plays a prepared message when that fails too. */
export async function fallback(
  transport: Transport,
  message: FallbackMessage,
  print: (line: string) => void,
): Promise<RealtimeSession> {
  const session = createSession({ transport })
  runFallback(session, {
    retry: { instructions: 'Reply in one short sentence.', tool_choice: 'none' },
    message,
    startTimeoutMs: 6_000,
    onFallback: ({ cause, action }) => print(`${cause}: ${action}`),
  })
  session.on('response.output_audio_transcript.done', ({ transcript }) => print(`played: ${transcript}`))
  await session.connect()
  return session
}
