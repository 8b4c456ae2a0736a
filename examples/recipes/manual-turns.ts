import { createSession, type Transport } from 'realtime-primitives'

/**
 * Commits each recording as a turn and requests one response to all of them. The app decides where a turn ends and when the model responds.
 * Returns the transcript of the response.
 */
export async function manualTurns(
  transport: Transport,
  recordings: Iterable<Int16Array>,
  print: (line: string) => void,
): Promise<string> {
  const session = createSession({ transport, config: { audio: { input: { turn_detection: null } } } })
  await session.connect()

  for (const recording of recordings) {
    // One second at a time, as fast as the connection takes it.
    for (let at = 0; at < recording.length; at += 24_000) {
      session.audio.append(recording.subarray(at, at + 24_000))
      await session.audio.drained()
    }
    await session.audio.commit()
    print(`a turn of ${recording.length / 24} ms`)
  }

  const response = session.respond()
  let answer = ''
  for await (const words of response.transcript()) answer += words
  await session.close()
  print(`one answer to all: ${answer}`)
  return answer
}
