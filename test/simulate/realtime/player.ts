import { tryDecodeBase64 } from '../../../src/internal/decode-base64.js'
import type { Interruption } from '../../../src/session/playback/interruption.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'

interface AudioDelta {
  readonly item_id: string
  readonly content_index: number
  readonly delta: string
}

/** Bytes of a millisecond of 24 kHz PCM16. */
const bytesPerMs = 48
const chunkMs = 30

/** Creates a player that reports what it has played, and that knows what an interruption must report. */
export function createPlayer({ clock, report }: Pick<Environment, 'clock' | 'report'>) {
  const received = new Map<string, number>()
  const played = new Map<string, number>()
  /** Parts that were interrupted, or whose connection was lost. */
  const cut = new Set<string>()
  const keyOf = (itemId: string, contentIndex: number) => `${itemId} ${contentIndex}`
  const add = (amounts: Map<string, number>, key: string, ms: number) => amounts.set(key, (amounts.get(key) ?? 0) + ms)
  const playedMs = (key: string) => Math.floor(Math.min(played.get(key) ?? 0, received.get(key) ?? 0))

  return {
    play(
      session: Pick<RealtimeSession, 'playback'>,
      { item_id: itemId, content_index: contentIndex, delta }: AudioDelta,
    ) {
      const key = keyOf(itemId, contentIndex)
      // Translation from the beta repairs junk, but not its audio.
      add(received, key, (tryDecodeBase64(delta)?.length ?? 0) / bytesPerMs)
      if (!session.playback.enqueued({ itemId, contentIndex })) return
      clock.after(chunkMs + 10, () => {
        if (!session.playback.enqueued({ itemId, contentIndex })) return
        add(played, key, chunkMs)
        session.playback.played({ itemId, contentIndex }, chunkMs)
      })
    },
    /** Parts that were played in part, and that nothing has interrupted. */
    get unfinished(): readonly string[] {
      return [...received.keys()].filter(
        (key) => !cut.has(key) && playedMs(key) > 0 && playedMs(key) < Math.floor(received.get(key) ?? 0),
      )
    },
    /** Everything that was received has stopped. */
    stop() {
      for (const key of received.keys()) cut.add(key)
    },
    checkInterruption({ played: first, unplayedItemIds }: Interruption) {
      if (first && first.playedMs !== playedMs(keyOf(first.itemId, first.contentIndex)))
        report(
          'an interruption reports what was played',
          `${first.playedMs} ms instead of ${playedMs(keyOf(first.itemId, first.contentIndex))} ms`,
        )
      for (const id of unplayedItemIds)
        if ([...played.keys()].some((key) => key.startsWith(`${id} `) && playedMs(key) > 0))
          report('an interruption reports what was played', `${id} was played`)
    },
  }
}
