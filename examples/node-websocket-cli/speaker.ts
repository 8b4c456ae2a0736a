import type { Clock, Playback } from 'realtime-primitives'
import { bytesToInt16 } from 'realtime-primitives/audio'
import { wireRate } from './recording.js'

/**
 * A simulated speaker. It plays at the pace of the clock and reports progress to `session.playback`, as a real player does. It keeps the
 * played audio on the timeline of the recording: a response is placed at the turn that it responds to.
 */
export interface Speaker {
  /** Sets the position in the recording, in milliseconds, that the next response belongs to. */
  placeAt(recordingMs: number): void
  play(itemId: string, pcm: Uint8Array): void
  /** Stops playback at once and drops unplayed audio. */
  stop(): void
  /** Resolves when all audio was played, or playback was stopped. */
  drained(): Promise<void>
  /** Milliseconds played since the last `placeAt`. */
  readonly playedMs: number
  /** All played audio. */
  recording(): Int16Array
  readonly spokenSeconds: number
}

interface Piece {
  readonly itemId: string
  readonly samples: Int16Array
  /** Its position in the recording, in samples. */
  readonly at: number
  /** When playback of the chunk starts. */
  readonly startMs: number
  playedSamples: number
}

const tickMs = 10

export function createSpeaker(clock: Clock, playback: Playback): Speaker {
  const queue: Piece[] = []
  const playedPieces: Piece[] = []
  const waiting = new Set<() => void>()
  let responseAt = 0
  let nextAt = 0
  let playedMs = 0
  let isTicking = false

  const toMs = (samples: number) => (samples * 1000) / wireRate

  function tick(): void {
    const now = clock.now()
    while (queue[0]) {
      const [piece] = queue
      const { length } = piece.samples
      const reached = Math.min(length, Math.max(0, Math.round(((now - piece.startMs) * wireRate) / 1000)))
      const ms = toMs(reached - piece.playedSamples)
      if (ms > 0) playback.played({ itemId: piece.itemId }, ms)
      playedMs += Math.max(0, ms)
      piece.playedSamples = Math.max(piece.playedSamples, reached)
      if (reached < length) break
      playedPieces.push(piece)
      queue.shift()
    }
    isTicking = queue.length > 0
    if (isTicking) clock.after(tickMs, tick)
    else release()
  }

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  return {
    placeAt(recordingMs) {
      responseAt = Math.round((recordingMs * wireRate) / 1000)
      playedMs = 0
    },
    play(itemId, pcm) {
      if (!playback.enqueued({ itemId })) return
      const samples = bytesToInt16(pcm)
      const last = queue.at(-1)
      const startMs = Math.max(clock.now(), last ? last.startMs + toMs(last.samples.length) : 0)
      const at = Math.max(responseAt, nextAt)
      queue.push({ itemId, samples, at, startMs, playedSamples: 0 })
      nextAt = at + samples.length
      if (!isTicking) tick()
    },
    stop() {
      const [current] = queue
      if (current) {
        playedPieces.push({ ...current, samples: current.samples.subarray(0, current.playedSamples) })
        nextAt = current.at + current.playedSamples
      }
      queue.length = 0
      release()
    },
    drained: () => (queue.length === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    get playedMs() {
      return playedMs
    },
    recording() {
      const whole = new Int16Array(playedPieces.reduce((end, { at, samples }) => Math.max(end, at + samples.length), 0))
      for (const { at, samples } of playedPieces) whole.set(samples, at)
      return whole
    },
    get spokenSeconds() {
      return playedPieces.reduce((seconds, { samples }) => seconds + samples.length / wireRate, 0)
    },
  }
}
