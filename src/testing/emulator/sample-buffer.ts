/** A buffer of samples that grows at the end and is dropped from the start. Positions count samples since its creation. */
export interface SampleBuffer {
  /** Position of the first kept sample. */
  readonly start: number
  /** Position after the last sample. */
  readonly end: number
  push(pcm: Int16Array): void
  /** Drops the samples before a position. */
  dropBefore(position: number): void
  /** Returns a copy of the samples between two positions. */
  slice(from: number, to: number): Int16Array
}

/** Creates an empty buffer at position 0. */
export function createSampleBuffer(): SampleBuffer {
  let pieces: { readonly at: number; readonly pcm: Int16Array }[] = []
  let start = 0
  let end = 0

  return {
    get start() {
      return start
    },
    get end() {
      return end
    },
    push(pcm) {
      if (pcm.length > 0) pieces.push({ at: end, pcm })
      end += pcm.length
    },
    dropBefore(position) {
      start = Math.min(end, Math.max(start, position))
      const kept = pieces.findIndex(({ at, pcm }) => at + pcm.length > start)
      if (kept !== 0) pieces = kept < 0 ? [] : pieces.slice(kept)
      const first = pieces[0]
      // A view would keep the whole underlying chunk in memory.
      if (first && start - first.at > 48_000) pieces[0] = { at: start, pcm: first.pcm.slice(start - first.at) }
    },
    slice(from, to) {
      const first = Math.max(start, from)
      const last = Math.min(end, to)
      const pcm = new Int16Array(Math.max(0, last - first))
      for (const piece of pieces) {
        const begin = Math.max(first, piece.at)
        const stop = Math.min(last, piece.at + piece.pcm.length)
        if (begin < stop) pcm.set(piece.pcm.subarray(begin - piece.at, stop - piece.at), begin - first)
      }
      return pcm
    },
  }
}
