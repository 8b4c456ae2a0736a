import { createSession, type RealtimeSession, runTools, runTranscript, webSocket } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'
import { benchTool } from '../contenders/ours.js'
import { apiKey, type Connect, sessionUrl } from './endpoint.js'

/** A session without features. */
export const connect: Connect = (port, onAudio) => connectWith(port, onAudio, () => {})

/** A session with `runTranscript` and `runTools`. */
export const connectWithFeatures: Connect = (port, onAudio) =>
  connectWith(port, onAudio, async (session) => {
    runTranscript(session)
    await runTools(session, [benchTool]).ready
  })

async function connectWith(
  port: number,
  onAudio: (audio: Uint8Array) => void,
  addFeatures: (session: RealtimeSession) => void | Promise<void>,
): ReturnType<Connect> {
  const session = createSession({ transport: webSocket({ url: sessionUrl(port), apiKey }) })
  session.on('response.output_audio.delta', ({ delta }) => onAudio(decodeBase64(delta)))
  await session.connect()
  await addFeatures(session)
  return { append: (audio) => session.audio.append(audio) }
}
