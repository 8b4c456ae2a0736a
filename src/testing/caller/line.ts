/** The line between a caller and an agent. All audio is mono at 24 kHz. */
export interface CallerLine {
  /** Whether the call is in progress. */
  readonly isOpen: boolean
  /** Sends audio of the caller. */
  send(pcm: Int16Array): void
  /** Returns the next samples of the agent, or silence when the agent does not speak. */
  receive(count: number): Int16Array
  /** Stops listening to the agent. */
  stop(): void
}

/** Sample rate of a line in hertz. */
export const lineRate = 24_000

/** Audio that waits to be played. */
export interface PlaybackQueue<Owner> {
  readonly isEmpty: boolean
  add(pcm: Int16Array, owner: Owner): void
  /** Returns the next samples, and silence when there are none. Calls `onPlayed` with the number of samples of each owner. */
  take(count: number, onPlayed?: (owner: Owner, count: number) => void): Int16Array
  clear(): void
}

/** Creates an empty queue. */
export function createPlaybackQueue<Owner>(): PlaybackQueue<Owner> {
  let chunks: { readonly pcm: Int16Array; readonly owner: Owner }[] = []
  return {
    get isEmpty() {
      return chunks.length === 0
    },
    add(pcm, owner) {
      if (pcm.length > 0) chunks.push({ pcm, owner })
    },
    take(count, onPlayed) {
      const played = new Int16Array(count)
      let filled = 0
      for (let next = chunks[0]; next && filled < count; next = chunks[0]) {
        const part = next.pcm.subarray(0, count - filled)
        played.set(part, filled)
        filled += part.length
        if (part.length === next.pcm.length) chunks.shift()
        else chunks[0] = { pcm: next.pcm.subarray(part.length), owner: next.owner }
        onPlayed?.(next.owner, part.length)
      }
      return played
    },
    clear() {
      chunks = []
    },
  }
}
