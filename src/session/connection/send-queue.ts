import { decodeBase64Transiently } from '../../internal/decode-base64.js'
import { isTransportError } from '../../transports/error.js'
import { base64ByteLength } from '../audio-duration.js'
import type { WaitOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import {
  clearQueue,
  createAudioQueue,
  createBlockPool,
  dropFirstAudio,
  firstAudio,
  firstEntry,
  isEmpty,
  prependAudio,
  pushAudio,
  pushEntry,
  removeEntries,
  shiftEntry,
} from './audio-queue.js'
import type { ClientFrame, ConnectionOptions } from './connection-options.js'

/**
 * Sends events, and keeps what cannot be sent yet. It also keeps the audio that was sent and that is not part of an item yet, because the
 * next server needs it after a drop.
 */
export interface SendQueue<Client> {
  /**
   * Sends an event, or queues it: without a connection, behind waiting audio, or when it is audio and the transport is full.
   * @throws {ProtocolError} `INVALID_EVENT`.
   */
  send(event: Client, connection: 'open' | 'pending'): void
  /** Sends an event ahead of everything that waits. */
  sendNow(event: Client): void
  /** Sends everything that waits. */
  flush(): void
  /** Whether an event waits. */
  has(eventId: string | undefined): boolean
  /** Removes an event that waits. Returns false when it does not wait. */
  remove(eventId: string | undefined): boolean
  /** After a lost connection, queues the audio that was sent and not acknowledged, in front of what waits. */
  requeueAudio(): void
  /** The server has made an item of the audio that it received, or has cleared it. */
  acknowledgeAudio(): void
  /** The server refused an event. A refused commit or clear acknowledges no audio. */
  recordRefused(eventId: string): void
  /** Reports the audio that was dropped because of a lost connection. */
  reportDropped(): void
  /** Reports the audio that was dropped since. Returns the number of appends that were dropped during the outage. */
  endOutage(): number
  /** Resolves when nothing waits and the transport has room. A function in `waiting` can reject it. */
  drained(options: WaitOptions, waiting: Set<(error: unknown) => void>): Promise<void>
  /** Drops everything that waits. Returns the number of appends. */
  stop(): number
}

/** Receives what the queue has sent, dropped, and failed to send. */
export interface SendQueueListener<Client> {
  /** An event passed its check. It leaves after this call, or waits. */
  beforeSend(event: Client): void
  onDropped(appends: number): void
  onSent(eventId: string | undefined): void
  /** The transport refused an event that had waited, so no caller is left to throw at. */
  onUnsendable(eventId: string | undefined, error: unknown): void
}

interface WaitingEvent {
  readonly kind: 'event'
  readonly type: string
  readonly eventId: string | undefined
  readonly frame: string
}

/** A commit or a clear between the appends that were sent. */
interface BufferMarker {
  readonly kind: 'event'
  readonly eventId: string | undefined
}

/** How often to check whether a slow transport has room again, in milliseconds. */
const roomCheckMs = 20

/** How often unsettled audio is trimmed, in bytes of frames. To find out how much is needed costs more than to keep an append. */
const trimIntervalBytes = 16 * 1024

const isAppend = (type: string) => type === 'input_audio_buffer.append' || type === 'session.input_audio_buffer.append'

/** Whether an event ends what the server has in its input buffer. */
const endsInputBuffer = (type: string) => type === 'input_audio_buffer.commit' || type === 'input_audio_buffer.clear'

export function createSendQueue<Client extends ClientFrame, Server extends { type: string }>(
  options: ConnectionOptions<Client, Server>,
  { beforeSend, onDropped, onSent, onUnsendable }: SendQueueListener<Client>,
): SendQueue<Client> {
  const { transport, clock, maxWaitingAudioBytes, unsettledAudioBytes } = options
  const pool = createBlockPool()
  /** What waits to be sent. */
  const waiting = createAudioQueue<WaitingEvent>(pool)
  /** Audio that was sent and not acknowledged, with the commits and clears between it. */
  const unsettled = createAudioQueue<BufferMarker>(pool)
  let cancelRoomCheck = () => {}
  /** Lost connections so far. A changed number shows that the connection was lost while a frame was sent. */
  let losses = 0
  let dropped = 0
  let droppedInOutage = 0
  // Unsettled audio that did not fit: how many appends, and the bytes of their frames.
  let overflowAppends = 0
  let overflowBytes = 0
  /** Bytes of the frames that have left since unsettled audio was last trimmed to what is needed. */
  let sentSinceTrim = 0

  const hasRoom = () => transport.bufferedAmount <= options.highWaterMark

  /**
   * Returns false when the transport is not open. Between the close frame of the server and the `close` event nothing can be sent, and the
   * event belongs to the next connection.
   */
  function transmit(eventId: string | undefined, frame: string): boolean {
    try {
      transport.send(frame)
    } catch (error) {
      if (isTransportError(error, 'NOT_OPEN')) return false
      throw error
    }
    if (eventId !== undefined) onSent(eventId)
    return true
  }

  /** Keeps the audio of an append that has left. */
  function recordSentAudio(type: string, eventId: string | undefined, frameBytes: number, audio: Uint8Array): void {
    options.onAudioSent?.(audio.length, frameBytes)
    pushAudio(unsettled, type, eventId, frameBytes, audio)
    sentSinceTrim += frameBytes
    const isFull = unsettled.frameBytes > maxWaitingAudioBytes
    if (isFull || sentSinceTrim >= trimIntervalBytes) trimUnsettled(unsettledAudioBytes())
  }

  function trimUnsettled(needed: number): void {
    const limit = Math.min(needed, maxWaitingAudioBytes)
    while (unsettled.frameBytes > limit) {
      const oldest = shiftEntry(unsettled)
      if (!oldest) break
      if (oldest.kind !== 'audio') continue
      overflowAppends += 1
      overflowBytes += oldest.frameBytes
    }
    if (needed <= maxWaitingAudioBytes) clearOverflow()
    sentSinceTrim = 0
  }

  function clearOverflow(): void {
    overflowAppends = 0
    overflowBytes = 0
  }

  /** Returns how many of the appends that did not fit the next server would need. */
  function lostAppends(needed: number): number {
    const lostBytes = Math.min(needed - unsettled.frameBytes, overflowBytes)
    return lostBytes > 0 ? Math.ceil((overflowAppends * lostBytes) / overflowBytes) : 0
  }

  function dropOldestWaiting(): void {
    while (waiting.frameBytes > maxWaitingAudioBytes) {
      dropFirstAudio(waiting)
      dropped += 1
    }
  }

  /** Returns false when the transport is not open. An event that cannot be sent does not block those behind it. */
  function sendFirstWaiting(): boolean {
    const next = firstEntry(waiting)
    if (!next) return false
    const { type, eventId } = next
    const lossesBefore = losses
    const countBefore = next.kind === 'audio' ? next.count : 1
    // Sending can lose the connection or end a request in the same tick. Then the first entry is another one, and it stays.
    const isUnchanged = () =>
      firstEntry(waiting) === next && (next.kind === 'event' || (next.count === countBefore && losses === lossesBefore))
    const audio = next.kind === 'audio' ? firstAudio(waiting) : undefined
    try {
      const frame =
        next.kind === 'event' ? next.frame : options.getCodec().encode(appendOf<Client>(type, eventId, audio))
      if (!transmit(eventId, frame)) return false
    } catch (error) {
      if (isUnchanged()) shiftEntry(waiting)
      onUnsendable(eventId, error)
      return true
    }
    if (endsInputBuffer(type)) pushEntry(unsettled, { kind: 'event', eventId })
    if (!isUnchanged()) return true
    if (next.kind === 'audio' && audio) {
      recordSentAudio(type, eventId, next.frameBytes, audio)
    }
    shiftEntry(waiting)
    return true
  }

  function sendWaiting(mayContinue: () => boolean): void {
    while (!isEmpty(waiting) && mayContinue()) if (!sendFirstWaiting()) return
  }

  function checkRoom(): void {
    sendWaiting(hasRoom)
    report()
    if (!isEmpty(waiting)) scheduleRoomCheck()
  }

  function scheduleRoomCheck(): void {
    cancelRoomCheck()
    cancelRoomCheck = clock.after(roomCheckMs, () => {
      if (transport.state === 'open') checkRoom()
    })
  }

  function report(): number {
    const appends = dropped
    dropped = 0
    if (appends > 0) onDropped(appends)
    return appends
  }

  /** Sends an event at once. Returns false when it has to wait for another connection. */
  function sendDirectly(event: Client, frame: string, isAudio: boolean): boolean {
    const lossesBefore = losses
    if (!transmit(event.event_id, frame)) return false
    if (!isAudio) {
      if (endsInputBuffer(event.type)) pushEntry(unsettled, { kind: 'event', eventId: event.event_id })
      return true
    }
    // Lost together with its connection.
    if (losses !== lossesBefore) return false
    const audio = readAudio(event, frame)
    if (audio) recordSentAudio(event.type, event.event_id, frame.length, audio)
    else options.onAudioSent?.(audioBytesOf(event), frame.length)
    return true
  }

  function has(eventId: string | undefined): boolean {
    if (eventId === undefined || isEmpty(waiting)) return false
    for (const entry of waiting.entries)
      if (entry.eventId === eventId && !(entry.kind === 'audio' && entry.count === 0)) return true
    return false
  }

  return {
    send(event, connection) {
      const isAudio = isAppend(event.type)
      const frame = options.getCodec().encode(event)
      beforeSend(event)
      const isConnected = connection === 'open'
      if (isConnected && isEmpty(waiting) && (!isAudio || hasRoom()) && sendDirectly(event, frame, isAudio)) return
      const audio = isAudio ? readAudio(event, frame) : undefined
      if (audio) {
        pushAudio(waiting, event.type, event.event_id, frame.length, audio)
        dropOldestWaiting()
      } else pushEntry(waiting, { kind: 'event', type: event.type, eventId: event.event_id, frame })
      if (isConnected) scheduleRoomCheck()
    },
    sendNow(event) {
      const frame = options.getCodec().encode(event)
      beforeSend(event)
      // An event that does not leave is sent again on the next connection, or rejected when the session closes.
      sendDirectly(event, frame, isAppend(event.type))
    },
    flush: () => sendWaiting(() => true),
    has,
    remove(eventId) {
      if (!has(eventId)) return false
      removeEntries(waiting, (entry) => entry.eventId === eventId)
      return true
    },
    requeueAudio() {
      losses += 1
      cancelRoomCheck()
      const needed = unsettledAudioBytes()
      trimUnsettled(needed)
      dropped += lostAppends(needed)
      clearOverflow()
      prependAudio(waiting, unsettled)
      dropOldestWaiting()
    },
    acknowledgeAudio() {
      clearOverflow()
      // Audio that was sent after our own commit is not in it. A commit that the server made by itself contains everything.
      const hasMarker = unsettled.entries.some(({ kind }) => kind === 'event')
      while (!isEmpty(unsettled)) if (shiftEntry(unsettled)?.kind === 'event' && hasMarker) return
    },
    recordRefused: (eventId) =>
      removeEntries(unsettled, (entry) => entry.kind === 'event' && entry.eventId === eventId),
    reportDropped() {
      droppedInOutage += report()
    },
    endOutage() {
      const appends = droppedInOutage + report()
      droppedInOutage = 0
      return appends
    },
    drained: (wait, rejections) =>
      withTimeout<void>(clock, wait, 'room in the transport', (resolve, reject) => {
        let cancel = () => {}
        const check = () => {
          if (isEmpty(waiting) && hasRoom()) resolve()
          else cancel = clock.after(roomCheckMs, check)
        }
        rejections.add(reject)
        check()
        return () => {
          rejections.delete(reject)
          cancel()
        }
      }),
    stop() {
      cancelRoomCheck()
      const appends = dropped + clearQueue(waiting)
      clearQueue(unsettled)
      clearOverflow()
      dropped = 0
      droppedInOutage = 0
      return appends
    },
  }
}

function appendOf<Client>(type: string, eventId: string | undefined, audio: Uint8Array | undefined): Client {
  return (eventId === undefined ? { type, audio } : { type, event_id: eventId, audio }) as Client
}

type WithAudio = { readonly audio?: unknown }

function audioBytesOf(event: ClientFrame): number {
  const { audio } = event as WithAudio
  return audio instanceof Uint8Array ? audio.length : base64ByteLength(String(audio))
}

/**
 * Returns the audio of an append as bytes, which the queue copies. The codec leaves it to the server to judge text that is not standard base64; such text is
 * `undefined` here, and its frame is kept as it is.
 */
function readAudio(event: ClientFrame, frame: string): Uint8Array | undefined {
  const { audio } = event as WithAudio
  if (audio instanceof Uint8Array) return audio
  // A value that is not plain data may be another one each time it is read, so the frame counts.
  return decodeBase64Transiently(typeof audio === 'string' ? audio : (JSON.parse(frame) as { audio: string }).audio)
}
