import { forgetOldest } from '../internal/forget-oldest.js'
import type { AudioPart } from '../session/playback/tracker.js'

/** The audio of the model that was received and not played yet, by content part. */
export interface PlayedAudio {
  /** Adds received samples of a part. */
  push(part: AudioPart, samples: Float32Array): void
  /** Removes and returns the next samples of a part, at most `ms` milliseconds. */
  take(part: AudioPart, ms: number): Float32Array
  /** Drops all audio. What still arrives of the same items is ignored. */
  interrupt(): void
}

/** Audio that may wait, in milliseconds. The oldest parts of more are dropped, because no player plays them. */
const maxWaitingMs = 600_000

const maxInterrupted = 256

interface WaitingPart {
  readonly itemId: string
  chunks: Float32Array[]
  length: number
  /** Reports of players have fractions of samples. */
  fraction: number
}

export function createPlayedAudio(sampleRate: number): PlayedAudio {
  const parts = new Map<string, WaitingPart>()
  const interrupted = new Set<string>()
  let waiting = 0

  const keyOf = ({ itemId, contentIndex = 0 }: AudioPart) => `${contentIndex} ${itemId}`

  function drop(key: string, part: WaitingPart): void {
    parts.delete(key)
    waiting -= part.length
  }

  return {
    push(audioPart, samples) {
      if (interrupted.has(audioPart.itemId)) return
      const key = keyOf(audioPart)
      const part = parts.get(key) ?? { itemId: audioPart.itemId, chunks: [], length: 0, fraction: 0 }
      parts.set(key, part)
      part.chunks.push(samples)
      part.length += samples.length
      waiting += samples.length
      for (const [oldest, other] of parts) {
        if (waiting <= (maxWaitingMs * sampleRate) / 1000 || other === part) break
        drop(oldest, other)
      }
    },
    take(audioPart, ms) {
      const key = keyOf(audioPart)
      const part = parts.get(key)
      if (!part) return new Float32Array(0)
      const exact = (ms * sampleRate) / 1000 + part.fraction
      const length = Math.min(Math.floor(exact), part.length)
      part.fraction = exact - Math.floor(exact)
      const samples = new Float32Array(length)
      let taken = 0
      while (taken < length) {
        const chunk = part.chunks[0] as Float32Array
        const piece = chunk.subarray(0, length - taken)
        samples.set(piece, taken)
        taken += piece.length
        if (piece.length === chunk.length) part.chunks.shift()
        else part.chunks[0] = chunk.subarray(piece.length)
      }
      part.length -= length
      waiting -= length
      return samples
    },
    interrupt() {
      for (const [key, part] of parts) {
        interrupted.add(part.itemId)
        drop(key, part)
      }
      forgetOldest(interrupted, maxInterrupted)
    },
  }
}
