import type { Clock } from '../../internal/clock.js'
import type { Playback } from '../../session/playback/tracker.js'

/** How long to wait for the first audio, in milliseconds. */
const giveUpMs = 30_000

/** A wait for the first played audio of an item. */
export interface AudibleWatch {
  /** Ends the wait. Returns when the first audio was played, or `undefined` if none was played yet. */
  stop(): number | undefined
}

/**
 * Waits until a player reports that the first audio of an item was played.
 * @param onEnd Receives the time of the clock, or `undefined` after a timeout.
 */
export function watchAudible(
  playback: Pick<Playback, 'progress' | 'onAudible'>,
  clock: Clock,
  itemId: string,
  onEnd: (atMs: number | undefined) => void,
): AudibleWatch {
  const fromMs = clock.now()
  const unsubscribe = playback.onAudible(({ part, agoMs }) => {
    if (part.itemId === itemId) end(Math.max(fromMs, clock.now() - agoMs))
  })
  const cancel = clock.after(giveUpMs, () => end(undefined))

  function release(): void {
    unsubscribe()
    cancel()
  }

  function end(atMs: number | undefined): void {
    release()
    onEnd(atMs)
  }

  return {
    stop() {
      release()
      const playedMs = playback.progress(itemId)[0]?.playedMs ?? 0
      return playedMs > 0 ? Math.max(fromMs, clock.now() - playedMs) : undefined
    },
  }
}
