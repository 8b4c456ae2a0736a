import { encodeBase64 } from '../audio/base64.js'
import type { Clock } from '../internal/clock.js'
import { createFrameQueue, frameMs, type ResponseAudioPart } from './frame-queue.js'

/** Plays answers down a line: frames at the pace of speech, and marks that tell what was heard. */
export interface Player {
  /** The line is there; before, sound waits. */
  start(): void
  push(part: ResponseAudioPart, bytes: Uint8Array): void
  /** No more sound of these parts follows. */
  complete(isOver: (part: ResponseAudioPart) => boolean): void
  /** A mark came back: all that was sent before it was heard. */
  markReceived(name: string): void
  /** Forgets what was not heard yet. */
  clear(): void
  /** Milliseconds that wait to be sent. */
  readonly waitingMs: number
  /** Milliseconds until all that waits or was sent will have been played. */
  readonly remainingMs: number
  /** Whether sound waits, or was sent and not heard yet. */
  readonly isPlaying: boolean
}

export interface PlayerOptions {
  readonly clock: Clock
  /** How far ahead of being heard sound may be sent. */
  readonly sendAheadMs: number
  /** How much sound there is between two marks at most. */
  readonly markEveryMs: number
  /** Returns the byte that fills a frame; mu-law by default. */
  readonly silenceByte?: () => number
  /** Whether the socket takes more. */
  readonly hasRoom: () => boolean
  readonly sendFrame: (payload: string) => void
  readonly sendMark: (name: string) => void
  /** So much of a part was heard. */
  readonly onPlayed: (part: ResponseAudioPart, ms: number) => void
  /** Everything was heard, or forgotten. */
  readonly onIdle: () => void
}

/** A line that returns no marks must not fill the memory. */
const maxMarks = 3_000

export function createPlayer(options: PlayerOptions): Player {
  const { clock, sendAheadMs, markEveryMs } = options
  const queue = createFrameQueue(options.silenceByte)
  /** Marks that have not come back, oldest first, and the sound that each stands for. */
  const marks = new Map<string, { readonly part: ResponseAudioPart; readonly ms: number }>()
  let markCount = 0
  /** What was sent since the last mark. */
  let unmarked: { readonly part: ResponseAudioPart; ms: number; frames: number } | undefined
  /** When all that was sent will have been played. */
  let endsAt = Number.NEGATIVE_INFINITY
  let isStarted = false
  let cancelWait: (() => void) | undefined

  const isPlaying = () => queue.ms > 0 || marks.size > 0 || unmarked !== undefined

  function wait(ms: number): void {
    cancelWait = clock.after(Math.max(1, ms), () => {
      cancelWait = undefined
      pump()
    })
  }

  /** Sends all that is due. Each round takes a frame and moves `endsAt`, so it ends. */
  function pump(): void {
    if (!isStarted || cancelWait) return
    while (queue.ms > 0) {
      const now = clock.now()
      const early = Math.max(endsAt, now) + frameMs - now - sendAheadMs
      if (early > 0) {
        wait(early)
        return
      }
      if (!options.hasRoom()) {
        wait(frameMs)
        return
      }
      const frame = queue.next()
      if (!frame) return
      endsAt = Math.max(endsAt, now) + frameMs
      if (unmarked && unmarked.part !== frame.part) mark()
      unmarked ??= { part: frame.part, ms: 0, frames: 0 }
      unmarked.ms += frame.ms
      unmarked.frames += 1
      options.sendFrame(encodeBase64(frame.bytes))
      if (unmarked.frames * frameMs + frameMs > markEveryMs || frame.isLast) mark()
    }
  }

  function mark(): void {
    if (!unmarked) return
    const name = String(++markCount)
    marks.set(name, { part: unmarked.part, ms: unmarked.ms })
    unmarked = undefined
    for (const oldest of marks.keys()) {
      if (marks.size <= maxMarks) break
      marks.delete(oldest)
    }
    options.sendMark(name)
  }

  return {
    start() {
      isStarted = true
      pump()
    },
    push(part, bytes) {
      queue.push(part, bytes)
      pump()
    },
    complete(isOver) {
      queue.complete(isOver)
      // The last frame may have gone before anybody knew that it was the last.
      if (unmarked && isOver(unmarked.part) && !queue.has(unmarked.part)) mark()
      pump()
    },
    markReceived(name) {
      if (!marks.has(name)) return
      // Sound is heard in the order of sending, so a mark that was lost on the way is made up for by the next.
      for (const [sent, { part, ms }] of marks) {
        marks.delete(sent)
        options.onPlayed(part, ms)
        if (sent === name) break
      }
      if (!isPlaying()) options.onIdle()
    },
    clear() {
      const wasPlaying = isPlaying()
      cancelWait?.()
      cancelWait = undefined
      queue.clear()
      marks.clear()
      unmarked = undefined
      endsAt = Number.NEGATIVE_INFINITY
      if (wasPlaying) options.onIdle()
    },
    get waitingMs() {
      return queue.ms
    },
    get remainingMs() {
      return queue.ms + Math.max(0, endsAt - clock.now())
    },
    get isPlaying() {
      return isPlaying()
    },
  }
}
