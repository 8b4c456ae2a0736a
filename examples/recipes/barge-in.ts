import { createSession, type RealtimeSession, selectItems, type Transport } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'

/** A player: it reports how many milliseconds were played, and can be stopped. */
export interface Speaker {
  play(pcm: Uint8Array, onPlayed: (ms: number) => void): void
  stop(): void
}

/** Plays responses and lets the user interrupt: the model's history then contains only what was played. */
export async function bargeIn(
  transport: Transport,
  speaker: Speaker,
  print: (line: string) => void,
): Promise<RealtimeSession> {
  const session = createSession({
    transport,
    config: { audio: { input: { turn_detection: { type: 'server_vad' } } } },
  })

  session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
    const part = { itemId: item_id, contentIndex: content_index }
    if (!session.playback.enqueued(part)) return
    speaker.play(decodeBase64(delta), (ms) => session.playback.played(part, ms))
  })

  session.on('interrupted', ({ by, played }) => {
    speaker.stop()
    const item = selectItems(session.getState()).find(({ id }) => id === played?.itemId)
    print(`cut off by the ${by} after ${played?.playedMs ?? 0} ms: “${item?.playedText ?? ''}”`)
  })

  await session.connect()
  return session
}
