import { createSession, type Transport } from 'realtime-primitives'

/**
 * Makes a turn of each recording and asks for one answer to all of them. The app says where a turn ends, and when the model speaks.
 * Answers the transcript of the answer.
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
