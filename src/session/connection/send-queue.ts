import { isTransportError } from '../../transports/error.js'
import type { WaitOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import { audioBytesOf, readAudio } from './append-audio.js'
import {
  type AppendGroup,
  type AudioQueue,
  clearQueue,
  createAudioQueue,
  dropFirstAudio,
  firstAudio,
  firstEntry,
  hasAppends,
  isEmpty,
  prependAudio,
  pushAudio,
  pushEntry,
  removeEntries,
  shiftEntry,
} from './audio-queue.js'
import type { ClientFrame, ConnectionOptions, ServerFrame } from './connection-options.js'
import { addOverflow, clearOverflow, lostAppends, type Overflow } from './overflow.js'

/**
 * Sends events, and keeps what cannot be sent yet. It also keeps the audio that was sent and that is not part of an item yet, because the
 * next server needs it after a drop. It is plain data with functions beside it, as each append of each session passes through.
 */
export interface SendQueue {
  readonly options: ConnectionOptions<ClientFrame, ServerFrame>
  readonly listener: SendQueueListener<unknown>
  /** What the listener receives as its last argument. */
  readonly owner: unknown
  /** What waits to be sent. */
  readonly waiting: AudioQueue<WaitingEvent>
  /** Audio that was sent and not acknowledged, with the commits and clears between it. */
  readonly unsettled: AudioQueue<BufferMarker>
  cancelRoomCheck: (() => void) | undefined
  /** Lost connections so far. A changed number shows that the connection was lost while a frame was sent. */
  losses: number
  /** Appends that were dropped and are not reported yet. */
  dropped: number
  droppedInOutage: number
  /** Unsettled audio that did not fit, before the first commit or clear. */
  readonly overflow: Overflow
  /** Bytes of the frames that have left since unsettled audio was last trimmed to what is needed. */
  sentSinceTrim: number
}

/** Receives what the queue has sent, dropped, and failed to send. All queues share its functions, so they receive the owner of the queue. */
export interface SendQueueListener<Owner> {
  /** An event passed its check. It leaves after this call, or waits. */
  beforeSend(event: ClientFrame, owner: Owner): void
  onDropped(appends: number, owner: Owner): void
  onSent(eventId: string, owner: Owner): void
  /** The transport refused an event that had waited, so no caller is left to throw at. */
  onUnsendable(eventId: string | undefined, error: unknown, owner: Owner): void
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
  /** Audio that did not fit, after this event and before the next one. */
  readonly overflow: Overflow
}

/** How often to check whether a slow transport has room again, in milliseconds. */
const roomCheckMs = 20

/** How often unsettled audio is trimmed, in bytes of frames. To find out how much is needed costs more than to keep an append. */
const trimIntervalBytes = 4 * 1024

const isAppend = (type: string) => type === 'input_audio_buffer.append' || type === 'session.input_audio_buffer.append'

/** Whether an event ends what the server has in its input buffer. */
const endsInputBuffer = (type: string) => type === 'input_audio_buffer.commit' || type === 'input_audio_buffer.clear'

export function createSendQueue<Owner>(
  options: ConnectionOptions<ClientFrame, ServerFrame>,
  listener: SendQueueListener<Owner>,
  owner: Owner,
): SendQueue {
  return {
    options,
    listener: listener as SendQueueListener<unknown>,
    owner,
    waiting: createAudioQueue(),
    unsettled: createAudioQueue(),
    cancelRoomCheck: undefined,
    losses: 0,
    dropped: 0,
    droppedInOutage: 0,
    overflow: { appends: 0, bytes: 0 },
    sentSinceTrim: 0,
  }
}

/**
 * Sends an event, or queues it: without a connection, behind waiting audio, or when it is audio and the transport is full.
 * @throws {ProtocolError} `INVALID_EVENT`.
 */
export function sendOrQueue(queue: SendQueue, event: ClientFrame, connection: 'open' | 'pending'): void {
  const { waiting } = queue
  const isAudio = isAppend(event.type)
  const frame = encode(queue, event)
  queue.listener.beforeSend(event, queue.owner)
  const isConnected = connection === 'open'
  const mayLeave = isConnected && isEmpty(waiting) && (!isAudio || hasRoom(queue))
  if (mayLeave && sendDirectly(queue, event, frame, isAudio)) return
  const audio = isAudio ? readAudio(event, frame) : undefined
  if (audio) {
    pushAudio(waiting, event.type, event.event_id, frame.length, audio)
    dropOldestWaiting(queue)
  } else pushEntry(waiting, { kind: 'event', type: event.type, eventId: event.event_id, frame })
  if (isConnected) scheduleRoomCheck(queue)
}

/** Sends an event ahead of everything that waits. */
export function sendAhead(queue: SendQueue, event: ClientFrame): void {
  const frame = encode(queue, event)
  queue.listener.beforeSend(event, queue.owner)
  // An event that does not leave is sent again on the next connection, or rejected when the session closes.
  sendDirectly(queue, event, frame, isAppend(event.type))
}

/** Sends everything that waits. */
export function flushQueue(queue: SendQueue): void {
  sendWaiting(queue, () => true)
}

/** Whether an event waits. */
export function isWaiting({ waiting }: SendQueue, eventId: string | undefined): boolean {
  if (eventId === undefined || isEmpty(waiting)) return false
  for (const entry of waiting.entries)
    if (entry.eventId === eventId && !(entry.kind === 'audio' && entry.count === 0)) return true
  return false
}

/** Removes an event that waits. Returns false when it does not wait. */
export function removeWaiting(queue: SendQueue, eventId: string | undefined): boolean {
  if (!isWaiting(queue, eventId)) return false
  removeEntries(queue.waiting, (entry) => entry.eventId === eventId)
  return true
}

/** After a lost connection, queues the audio that was sent and not acknowledged, in front of what waits. */
export function requeueAudio(queue: SendQueue): void {
  queue.losses += 1
  queue.cancelRoomCheck?.()
  const needed = unsettledAudioBytes(queue)
  trimUnsettled(queue, needed)
  for (const entry of queue.unsettled.entries) if (entry.kind === 'event') addOverflow(queue.overflow, entry.overflow)
  queue.dropped += lostAppends(queue.overflow, needed - queue.unsettled.frameBytes)
  clearOverflow(queue.overflow)
  prependAudio(queue.waiting, queue.unsettled)
  dropOldestWaiting(queue)
}

/** The server has made an item of the audio that it received, or has cleared it. */
export function acknowledgeAudio(queue: SendQueue): void {
  const { unsettled, overflow } = queue
  clearOverflow(overflow)
  // Audio that was sent after our own commit is not in it. A commit that the server made by itself contains everything.
  while (!isEmpty(unsettled)) {
    const oldest = shiftEntry(unsettled)
    if (oldest?.kind !== 'event') continue
    addOverflow(overflow, oldest.overflow)
    return
  }
}

/** The server refused an event. A refused commit or clear acknowledges no audio. */
export function recordRefused(queue: SendQueue, eventId: string): void {
  const { unsettled } = queue
  const refused = unsettled.entries.find((entry) => entry.kind === 'event' && entry.eventId === eventId)
  if (refused?.kind !== 'event') return
  addOverflow(
    overflowBefore(queue, (entry) => entry === refused),
    refused.overflow,
  )
  removeEntries(unsettled, (entry) => entry === refused)
}

/** Reports the audio that was dropped because of a lost connection. */
export function reportDropped(queue: SendQueue): void {
  queue.droppedInOutage += report(queue)
}

/** Reports the audio that was dropped since. Returns the number of appends that were dropped during the outage. */
export function endOutage(queue: SendQueue): number {
  const appends = queue.droppedInOutage + report(queue)
  queue.droppedInOutage = 0
  return appends
}

/** Resolves when nothing waits and the transport has room. A function in `rejections` can reject it. */
export function waitForRoom(
  queue: SendQueue,
  wait: WaitOptions,
  rejections: Set<(error: unknown) => void>,
): Promise<void> {
  const { clock } = queue.options
  return withTimeout<void>(clock, wait, 'room in the transport', (resolve, reject) => {
    let cancel = () => {}
    const check = () => {
      if (isEmpty(queue.waiting) && hasRoom(queue)) resolve()
      else cancel = clock.after(roomCheckMs, check)
    }
    rejections.add(reject)
    check()
    return () => {
      rejections.delete(reject)
      cancel()
    }
  })
}

/** Drops everything that waits. Returns the number of appends. */
export function stopQueue(queue: SendQueue): number {
  queue.cancelRoomCheck?.()
  const appends = queue.dropped + clearQueue(queue.waiting)
  clearQueue(queue.unsettled)
  clearOverflow(queue.overflow)
  queue.dropped = 0
  queue.droppedInOutage = 0
  return appends
}

function encode({ options: { handlers, session } }: SendQueue, event: ClientFrame): string {
  return handlers.getCodec(session).encode(event)
}

function unsettledAudioBytes({ options: { handlers, session } }: SendQueue): number {
  return handlers.unsettledAudioBytes(session)
}

function hasRoom({ options: { transport, highWaterMark } }: SendQueue): boolean {
  return transport.bufferedAmount <= highWaterMark
}

/**
 * Returns false when the transport is not open. Between the close frame of the server and the `close` event nothing can be sent, and the
 * event belongs to the next connection.
 */
function transmit({ options, listener, owner }: SendQueue, eventId: string | undefined, frame: string): boolean {
  try {
    options.transport.send(frame)
  } catch (error) {
    if (isTransportError(error, 'NOT_OPEN')) return false
    throw error
  }
  if (eventId !== undefined) listener.onSent(eventId, owner)
  return true
}

/** Keeps the audio of an append that has left. */
function recordSentAudio(
  queue: SendQueue,
  type: string,
  eventId: string | undefined,
  frameBytes: number,
  audio: Uint8Array,
): void {
  const { handlers, session, maxWaitingAudioBytes } = queue.options
  handlers.onAudioSent?.(audio.length, frameBytes, session)
  pushAudio(queue.unsettled, type, eventId, frameBytes, audio)
  queue.sentSinceTrim += frameBytes
  const isFull = queue.unsettled.frameBytes > maxWaitingAudioBytes
  if (isFull || queue.sentSinceTrim >= trimIntervalBytes) trimUnsettled(queue, unsettledAudioBytes(queue))
}

function trimUnsettled(queue: SendQueue, needed: number): void {
  const { unsettled } = queue
  const { maxWaitingAudioBytes } = queue.options
  const limit = Math.min(needed, maxWaitingAudioBytes)
  while (unsettled.frameBytes > limit) {
    // Commits stay, so that their acknowledgements settle only the audio before them.
    const overflow = overflowBefore(queue, hasAppends)
    const oldest = dropFirstAudio(unsettled)
    if (!oldest) break
    addOverflow(overflow, { appends: 1, bytes: oldest.frameBytes })
  }
  if (needed <= maxWaitingAudioBytes) clearOverflow(queue.overflow)
  queue.sentSinceTrim = 0
}

/** Returns where audio is counted that was sent before an entry and did not fit. */
function overflowBefore(
  { unsettled, overflow }: SendQueue,
  isEntry: (entry: AppendGroup | BufferMarker) => boolean,
): Overflow {
  let last = overflow
  for (const entry of unsettled.entries) {
    if (isEntry(entry)) break
    if (entry.kind === 'event') last = entry.overflow
  }
  return last
}

function pushMarker({ unsettled }: SendQueue, eventId: string | undefined): void {
  pushEntry(unsettled, { kind: 'event', eventId, overflow: { appends: 0, bytes: 0 } })
}

function dropOldestWaiting(queue: SendQueue): void {
  while (queue.waiting.frameBytes > queue.options.maxWaitingAudioBytes) {
    dropFirstAudio(queue.waiting)
    queue.dropped += 1
  }
}

/** Returns false when the transport is not open. An event that cannot be sent does not block those behind it. */
function sendFirstWaiting(queue: SendQueue): boolean {
  const { waiting } = queue
  const next = firstEntry(waiting)
  if (!next) return false
  const { type, eventId } = next
  const lossesBefore = queue.losses
  const countBefore = next.kind === 'audio' ? next.count : 1
  // Sending can lose the connection or end a request in the same tick. Then the first entry is another one, and it stays.
  const isUnchanged = () =>
    firstEntry(waiting) === next &&
    (next.kind === 'event' || (next.count === countBefore && queue.losses === lossesBefore))
  const audio = next.kind === 'audio' ? firstAudio(waiting) : undefined
  try {
    const frame = next.kind === 'event' ? next.frame : encode(queue, appendOf(type, eventId, audio))
    if (!transmit(queue, eventId, frame)) return false
  } catch (error) {
    if (isUnchanged()) shiftEntry(waiting)
    queue.listener.onUnsendable(eventId, error, queue.owner)
    return true
  }
  if (endsInputBuffer(type)) pushMarker(queue, eventId)
  if (!isUnchanged()) return true
  if (next.kind === 'audio' && audio) recordSentAudio(queue, type, eventId, next.frameBytes, audio)
  shiftEntry(waiting)
  return true
}

function sendWaiting(queue: SendQueue, mayContinue: (queue: SendQueue) => boolean): void {
  while (!isEmpty(queue.waiting) && mayContinue(queue)) if (!sendFirstWaiting(queue)) return
}

function checkRoom(queue: SendQueue): void {
  sendWaiting(queue, hasRoom)
  report(queue)
  if (!isEmpty(queue.waiting)) scheduleRoomCheck(queue)
}

function scheduleRoomCheck(queue: SendQueue): void {
  const { clock, transport } = queue.options
  queue.cancelRoomCheck?.()
  queue.cancelRoomCheck = clock.after(roomCheckMs, () => {
    if (transport.state === 'open') checkRoom(queue)
  })
}

function report(queue: SendQueue): number {
  const appends = queue.dropped
  queue.dropped = 0
  if (appends > 0) queue.listener.onDropped(appends, queue.owner)
  return appends
}

/** Sends an event at once. Returns false when it has to wait for another connection. */
function sendDirectly(queue: SendQueue, event: ClientFrame, frame: string, isAudio: boolean): boolean {
  const lossesBefore = queue.losses
  if (!transmit(queue, event.event_id, frame)) return false
  if (!isAudio) {
    if (endsInputBuffer(event.type)) pushMarker(queue, event.event_id)
    return true
  }
  // Lost together with its connection.
  if (queue.losses !== lossesBefore) return false
  const audio = readAudio(event, frame)
  if (audio) recordSentAudio(queue, event.type, event.event_id, frame.length, audio)
  else {
    const { handlers, session } = queue.options
    handlers.onAudioSent?.(audioBytesOf(event), frame.length, session)
  }
  return true
}

function appendOf(
  type: string,
  eventId: string | undefined,
  audio: Uint8Array | undefined,
): ClientFrame & { readonly audio: Uint8Array | undefined } {
  return eventId === undefined ? { type, audio } : { type, event_id: eventId, audio }
}
