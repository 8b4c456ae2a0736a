import { createSession, type RealtimeSession, selectItems, type Transport } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'

/** Whatever plays sound: it says how many milliseconds were heard, and can fall silent. */
export interface Speaker {
  play(pcm: Uint8Array, onPlayed: (ms: number) => void): void
  stop(): void
}

/** Plays answers through a speaker and lets the caller cut in: the model then remembers only what was heard. */
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
