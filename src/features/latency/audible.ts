import type { Clock } from '../../internal/clock.js'
import type { Playback } from '../../session/playback/tracker.js'

/** How long to wait for the first sound at most, in milliseconds. */
const giveUpMs = 30_000

/** A wait for the first sound of an item. */
export interface AudibleWatch {
  /** Ends the wait, and answers when the first sound was heard if it was heard by now. */
  stop(): number | undefined
}

/**
 * Waits until the first sound of an item is heard, as whoever plays it reports.
 * @param onEnd hears the time of the clock, or undefined when it gave up.
 */
export function watchAudible(
  playback: Pick<Playback, 'progress' | 'onAudible'>,
  clock: Clock,
  itemId: string,
  onEnd: (atMs: number | undefined) => void,
): AudibleWatch {
  const fromMs = clock.now()
  const undo = playback.onAudible(({ part, agoMs }) => {
    if (part.itemId === itemId) end(Math.max(fromMs, clock.now() - agoMs))
  })
  const cancel = clock.after(giveUpMs, () => end(undefined))

  function release(): void {
    undo()
    cancel()
  }

  function end(atMs: number | undefined): void {
    release()
    onEnd(atMs)
  }

  return {
    stop() {
      release()
      const heardMs = playback.progress(itemId)[0]?.playedMs ?? 0
      return heardMs > 0 ? Math.max(fromMs, clock.now() - heardMs) : undefined
    },
  }
}
