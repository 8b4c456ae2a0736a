import { encodeBase64 } from '../audio/base64.js'
import type { Clock } from '../internal/clock.js'
import { createFrameQueue, frameMs, type ResponseAudioPart } from './frame-queue.js'
import { createPlaybackMarks } from './playback-marks.js'

/** Sends model audio to the provider at the pace of speech, with marks that report what was played. */
export interface Player {
  /** Starts sending. Audio that was pushed before waits until then. */
  start(): void
  push(part: ResponseAudioPart, bytes: Uint8Array): void
  /** Marks parts as complete. No more audio of them follows. */
  complete(matches: (part: ResponseAudioPart) => boolean): void
  /** Reports that the provider returned a mark: all audio before it was played. */
  markReceived(name: string): void
  /** Drops all audio that was not played yet. */
  clear(): void
  /** Returns the audio that waits to be sent, in milliseconds. */
  waitingMs(): number
  /** Returns the time until all audio will have been played, in milliseconds. */
  remainingMs(): number
  /** Returns whether audio waits to be sent or played. */
  isPlaying(): boolean
}

/** Options of {@link createPlayer}. */
export interface PlayerOptions {
  readonly clock: Clock
  /** How much audio is sent ahead of its playback, in milliseconds. */
  readonly sendAheadMs: number
  /** Maximum audio between two marks, in milliseconds. */
  readonly markEveryMs: number
  /** Returns the byte that pads a frame. Mu-law silence by default. */
  readonly silenceByte?: () => number
  /** Returns whether the socket accepts more. */
  readonly hasRoom: () => boolean
  /** Sends one or more frames of 20 ms in one message. */
  readonly sendAudio: (payload: string) => void
  readonly sendMark: (name: string) => void
  /** Runs a function that sends audio and marks, and writes them to the socket together. By default, each is written on its own. */
  readonly batch?: (write: () => void) => void
  /** Called when more of a part was played. */
  readonly onPlayed: (part: ResponseAudioPart, ms: number) => void
  /** Called when all audio was played or dropped. */
  readonly onIdle: () => void
}

/** Maximum number of frames in one batch. */
const maxBatchFrames = 16
/** Maximum audio in one message, in milliseconds. */
const maxMessageMs = 200

export function createPlayer(options: PlayerOptions): Player {
  const { clock, sendAheadMs, markEveryMs, batch = (write) => write() } = options
  const queue = createFrameQueue(options.silenceByte)
  const marks = createPlaybackMarks(options.onPlayed)
  const framesIn = (ms: number) => Math.max(1, Math.floor(ms / frameMs + 1e-9))
  const markFrames = framesIn(markEveryMs)
  /** While more audio waits, a message has this many frames. Half of what is sent ahead has been played by then. */
  const messageFrames = framesIn(Math.min(markEveryMs, sendAheadMs / 2, maxMessageMs))
  /** Audio sent since the last mark. */
  let unmarked: { readonly part: ResponseAudioPart; ms: number; frames: number } | undefined
  /** Time at which all sent audio will have been played. */
  let endsAt = Number.NEGATIVE_INFINITY
  let isStarted = false
  let cancelWait: (() => void) | undefined

  const isPlaying = () => queue.waitingMs() > 0 || !marks.isEmpty() || unmarked !== undefined

  function wait(ms: number): void {
    cancelWait = clock.after(Math.max(1, ms), () => {
      cancelWait = undefined
      pump()
    })
  }

  /** Sends all frames that are due. Each batch takes a frame and advances `endsAt`, or is the last one, so the loop terminates. */
  function pump(): void {
    if (!isStarted || cancelWait || queue.waitingMs() === 0) return
    let isFull = true
    while (isFull)
      batch(() => {
        isFull = sendDue()
      })
  }

  /** Sends up to {@link maxBatchFrames} frames. Returns whether more may be due. */
  function sendDue(): boolean {
    let count = 0
    for (let ready = queue.ready(); ready; ready = queue.ready()) {
      // Until a batch is written, the socket counts it as buffered.
      if (count >= maxBatchFrames) return true
      const now = clock.now()
      const aheadMs = Math.max(0, endsAt - now)
      const unmarkedFrames = unmarked?.part === ready.part ? unmarked.frames : 0
      const wanted = Math.min(ready.frames, messageFrames, markFrames - unmarkedFrames)
      const earlyMs = aheadMs + wanted * frameMs - sendAheadMs
      if (earlyMs > 0) {
        wait(earlyMs)
        return false
      }
      if (!options.hasRoom()) {
        wait(frameMs)
        return false
      }
      const audio = queue.take(wanted)
      if (!audio) return false
      const { part, bytes, frames, ms, isLast } = audio
      count += frames
      endsAt = now + aheadMs + frames * frameMs
      if (unmarked && unmarked.part !== part) mark()
      unmarked ??= { part, ms: 0, frames: 0 }
      unmarked.ms += ms
      unmarked.frames += frames
      options.sendAudio(encodeBase64(bytes))
      if (unmarked.frames >= markFrames || isLast) mark()
    }
    return false
  }

  function mark(): void {
    if (!unmarked) return
    const name = marks.add(unmarked.part, unmarked.ms)
    unmarked = undefined
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
    complete(matches) {
      queue.complete(matches)
      // The last frame may have been sent before the part was known to be complete.
      if (unmarked && matches(unmarked.part) && !queue.has(unmarked.part)) mark()
      pump()
    },
    markReceived(name) {
      if (marks.received(name) && !isPlaying()) options.onIdle()
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
    waitingMs: queue.waitingMs,
    remainingMs: () => queue.waitingMs() + Math.max(0, endsAt - clock.now()),
    isPlaying,
  }
}
