/** The playback buffer of a telephone provider: audio in order, with marks between. */
export interface Playout {
  push(bytes: Uint8Array): void
  mark(name: string): void
  /** Plays `length` bytes, filled with silence. */
  play(length: number): Uint8Array
  clear(): void
  /** Number of buffered bytes. */
  readonly waiting: number
  /** Number of played bytes without silence. */
  readonly played: number
}

/** Silence in mu-law. */
export const silenceByte = 0xff

/** @param onMark - Called with the name of a mark when all audio before it was played or cleared. */
export function createPlayout(onMark: (name: string) => void): Playout {
  let queue: (Uint8Array | string)[] = []
  let waiting = 0
  let played = 0

  function passMarks(): void {
    while (typeof queue[0] === 'string') onMark(queue.shift() as string)
  }

  return {
    push(bytes) {
      if (bytes.length === 0) return
      queue.push(bytes)
      waiting += bytes.length
    },
    mark(name) {
      queue.push(name)
      passMarks()
    },
    play(length) {
      const out = new Uint8Array(length).fill(silenceByte)
      let at = 0
      while (at < length) {
        const head = queue.shift()
        if (head === undefined) break
        if (typeof head === 'string') {
          onMark(head)
          continue
        }
        const piece = head.subarray(0, length - at)
        out.set(piece, at)
        at += piece.length
        if (piece.length < head.length) queue.unshift(head.subarray(piece.length))
      }
      waiting -= at
      played += at
      passMarks()
      return out
    },
    clear() {
      const names = queue.filter((entry) => typeof entry === 'string')
      queue = []
      waiting = 0
      for (const name of names) onMark(name)
    },
    get waiting() {
      return waiting
    },
    get played() {
      return played
    },
  }
}
