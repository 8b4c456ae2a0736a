import { createFifo, type Fifo } from '../internal/fifo.js'

/** What the outbox must know of an event. */
interface Outgoing {
  readonly type: string
  readonly event_id?: string | undefined
}

/**
 * Frames that wait while there is no connection, and the sound that was sent and that no commit has made an item yet: the next server
 * has not heard it.
 */
export interface Outbox {
  /** Keeps a frame that cannot be sent now. Of sound, the oldest is dropped when more than the limit waits; of the rest, nothing. */
  push(event: Outgoing, frame: string): void
  /** Notes a frame that was sent. Of sound, what may have to be told again is remembered, and where it was committed or cleared. */
  noteSent(event: Outgoing, frame: string): void
  /** What was heard so far is an item now, or was thrown away. */
  settleSound(): void
  /** The server refused an event: a commit of ours that it refused settles nothing. */
  noteRefused(eventId: string): void
  /** Puts the audio that is not settled in front of what waits. What could not be kept of its beginning counts as dropped. */
  recallSound(): void
  readonly isEmpty: boolean
  /** Whether the frame of an event waits here. */
  has(eventId: string | undefined): boolean
  /** Drops the frame of an event, which nobody asks for any more; false when it does not wait. */
  forget(eventId: string | undefined): boolean
  /** Hands over frames in order, as long as there is room, and forgets them; one that is not taken stays, and so does the rest. */
  drain(send: (event: Outgoing, frame: string) => boolean, hasRoom?: () => boolean): void
  /** Returns how many frames of audio were dropped since the last call. */
  takeDropped(): number
  /** Drops everything. Returns how many frames of audio waited. */
  clear(): number
}

interface Waiting extends Outgoing {
  readonly frame: string
}

/** Whether an event carries sound. */
export const isSound = ({ type }: Outgoing) => type.endsWith('input_audio_buffer.append')

/** Whether an event ends what the server has in its input buffer. */
const isSettling = ({ type }: Outgoing) => /input_audio_buffer\.(commit|clear)$/.test(type)

/**
 * `neededBytes` returns how much of the audio that was sent last must be sent again after a drop, in bytes of frames. It may be more than
 * `maxSoundBytes`, which is how much is kept: the rest is lost by a drop, and reported then.
 */
export function createOutbox(maxSoundBytes: number, neededBytes: (frame?: string) => number): Outbox {
  let waiting = createFifo<Waiting>()
  let unsettled = createFifo<Waiting>()
  let waitingBytes = 0
  let unsettledBytes = 0
  let dropped = 0
  // Unsettled audio that did not fit: how many frames, and their bytes.
  let forgotten = 0
  let forgottenBytes = 0

  function dropOldestSound(): void {
    if (waitingBytes <= maxSoundBytes) return
    const kept: Fifo<Waiting> = createFifo()
    for (const entry of waiting) {
      if (waitingBytes > maxSoundBytes && isSound(entry)) {
        waitingBytes -= entry.frame.length
        dropped += 1
      } else kept.push(entry)
    }
    waiting = kept
  }

  function trim(needed: number): void {
    const limit = Math.min(needed, maxSoundBytes)
    while (unsettledBytes > limit) {
      const oldest = unsettled.shift()
      if (!oldest) break
      unsettledBytes -= oldest.frame.length
      if (!isSound(oldest)) continue
      forgotten += 1
      forgottenBytes += oldest.frame.length
    }
    if (needed <= maxSoundBytes) forgetSettled()
  }

  function forgetSettled(): void {
    forgotten = 0
    forgottenBytes = 0
  }

  /** How many of the forgotten frames the next server would need. */
  function lostFrames(needed: number): number {
    const lostBytes = Math.min(needed - unsettledBytes, forgottenBytes)
    return lostBytes > 0 ? Math.ceil((forgotten * lostBytes) / forgottenBytes) : 0
  }

  return {
    push(event, frame) {
      waiting.push({ type: event.type, event_id: event.event_id, frame })
      if (!isSound(event)) return
      waitingBytes += frame.length
      dropOldestSound()
    },
    noteSent(event, frame) {
      const isFrame = isSound(event)
      if (!isFrame && !isSettling(event)) return
      const kept = isFrame ? frame : ''
      unsettled.push({ type: event.type, event_id: event.event_id, frame: kept })
      unsettledBytes += kept.length
      if (isFrame) trim(neededBytes(frame))
    },
    settleSound() {
      forgetSettled()
      // What was sent behind our own commit is not in it; one that the server made by itself takes everything.
      const isOurs = [...unsettled].some(isSettling)
      for (let next = unsettled.shift(); next; next = unsettled.shift()) {
        unsettledBytes -= next.frame.length
        if (isOurs && isSettling(next)) return
      }
    },
    noteRefused(eventId) {
      const isRefused = (entry: Waiting) => entry.event_id === eventId && isSettling(entry)
      if ([...unsettled].some(isRefused)) unsettled = createFifo([...unsettled].filter((entry) => !isRefused(entry)))
    },
    recallSound() {
      const needed = neededBytes()
      trim(needed)
      dropped += lostFrames(needed)
      forgetSettled()
      waiting = createFifo([...[...unsettled].filter(isSound), ...waiting])
      waitingBytes += unsettledBytes
      unsettled.clear()
      unsettledBytes = 0
      dropOldestSound()
    },
    has: (eventId) => eventId !== undefined && [...waiting].some(({ event_id }) => event_id === eventId),
    forget(eventId) {
      if (eventId === undefined || waiting.size === 0) return false
      const kept = [...waiting].filter(({ event_id }) => event_id !== eventId)
      if (kept.length === waiting.size) return false
      waiting = createFifo(kept)
      return true
    },
    get isEmpty() {
      return waiting.size === 0
    },
    drain(send, hasRoom = () => true) {
      for (let next = waiting.first; next && hasRoom(); next = waiting.first) {
        if (!send(next, next.frame)) return
        // Whoever was told of it may have dropped it already.
        if (waiting.first === next) waiting.shift()
        if (isSound(next)) waitingBytes -= next.frame.length
      }
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
    clear() {
      const sounds = [...waiting].filter(isSound).length
      waiting.clear()
      unsettled.clear()
      waitingBytes = 0
      unsettledBytes = 0
      forgetSettled()
      return sounds
    },
  }
}
