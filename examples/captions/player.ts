import type { Clock, RealtimeSession } from 'realtime-primitives'

const stepMs = 20
const bytesPerMs = 48

/** Simulates a player: reports the audio of a session as played, in real time. Returns a function that stops it. */
export function play(session: RealtimeSession, clock: Clock): () => void {
  const queue: { readonly itemId: string; leftMs: number }[] = []
  let cancel = clock.after(stepMs, step)

  function step(): void {
    const first = queue[0]
    if (first) {
      const ms = Math.min(stepMs, first.leftMs)
      first.leftMs -= ms
      if (first.leftMs <= 0) queue.shift()
      session.playback.played({ itemId: first.itemId }, ms)
    }
    cancel = clock.after(stepMs, step)
  }

  session.on('response.output_audio.delta', ({ item_id: itemId, delta }) => {
    if (session.playback.enqueued({ itemId })) queue.push({ itemId, leftMs: (delta.length * 3) / 4 / bytesPerMs })
  })
  session.on('interrupted', () => queue.splice(0))
  session.on('close', () => cancel())
  return () => cancel()
}
