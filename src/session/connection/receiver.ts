import { emit } from '../../internal/emitter.js'
import type { Decoded, InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { isDeltaType } from '../delta.js'
import type { ClientFrame, ServerFrame } from './connection-options.js'
import type { Connection } from './connection-parts.js'
import { pushToIterators } from './event-iterators.js'
import { rejectUnusable } from './event-waits.js'
import { failsOver, refusalOf, serverContinued } from './failure.js'
import { acknowledge, refuseRequest, rejectUnusableReply } from './pending-requests.js'
import { runningAttempt } from './phase.js'
import { acknowledgeAudio, recordRefused } from './send-queue.js'
import { betaStart, readUnusable, reasonOf } from './unusable-event.js'

const none: readonly never[] = []

/** After these events the server's input buffer is empty. */
const emptyingTypes = new Set(['input_audio_buffer.committed', 'input_audio_buffer.cleared'])

/** Decodes a frame and passes its event through the stages, to requests, the session, and the listeners. */
export function receiveFrame(connection: Connection, frame: string): void {
  const { handlers, session } = connection.options
  const codec = handlers.getCodec(session)
  if (codec.decodeAll) for (const decoded of codec.decodeAll(frame)) pass(connection, decoded, frame.length)
  else pass(connection, codec.decode(frame), frame.length)
}

function pass(connection: Connection, decoded: Decoded<ServerFrame>, frameLength: number): void {
  const { handlers, session } = connection.options
  if (decoded.kind === 'event') {
    if (!isDeltaType(decoded.event.type)) handlers.complete?.(decoded.event)
    const start = handlers.startBefore?.(decoded.event, session)
    if (start) pass(connection, { kind: 'event', event: start }, 0)
  }
  const { phase, stages } = connection
  // Events of a server that a rotation leaves are not for the stages, which were reset for the next server.
  const isLeft = phase.phase === 'reconnecting' && phase.reason === 'rotating'
  if (stages && !isLeft) stages.receive(decoded, frameLength)
  else deliver(connection, decoded)
}

/** Processes a decoded frame that has passed the stages. */
export function deliver(connection: Connection, decoded: Decoded<ServerFrame>): void {
  // A stage that is reset at the end may still deliver what it held.
  if (connection.phase.phase === 'closed') return
  const { options, listeners } = connection
  const { handlers, session } = options
  if (decoded.kind === 'invalid') {
    handlers.receiveInvalid(decoded.event, rejectWaiting(connection, decoded.event), session)
    emit(listeners, 'invalid', decoded.event)
    return
  }
  pushToIterators(connection.iterators, decoded.event)
  if (decoded.kind === 'unknown') receiveUnknown(connection, decoded.event)
  else if (decoded.event.type === 'error') receiveError(connection, decoded.event as unknown as ServerErrorEvent)
  else receiveEvent(connection, decoded.event)
}

function receiveUnknown({ options, listeners, waits }: Connection, event: UnknownEvent): void {
  const start = betaStart(event)
  if (start) rejectUnusable(waits, start.type, start.error)
  options.handlers.receiveUnknown?.(event, options.session)
  emit(listeners, '*', event)
  emit(listeners, 'unknown', event)
}

function receiveEvent(connection: Connection, event: ServerFrame): void {
  const { options, listeners } = connection
  serverContinued(connection.lastError)
  const { handlers, session } = options
  const isHandled = isDeltaType(event.type)
    ? (handlers.receiveDelta?.(event, session) ?? handlers.receive(event, none, session))
    : handlers.receive(event, acknowledgeSent(connection, event), session)
  emit(listeners, '*', event)
  if (!isHandled) emit(listeners, event.type, event)
}

function receiveError(connection: Connection, event: ServerErrorEvent): void {
  const { options, listeners } = connection
  const isHandled = options.handlers.receive(event, none, options.session)
  recordError(connection, event, isHandled)
  emit(listeners, '*', event)
  if (!isHandled) emit(listeners, event.type, event)
}

/** Runs before any listener: one that leaves the connection must not cause a request to be sent again. */
function acknowledgeSent({ options, queue, requests }: Connection, event: ServerFrame): readonly ClientFrame[] {
  if (emptyingTypes.has(event.type) && options.handlers.emptiesInputBuffer?.(event, options.session) !== false)
    acknowledgeAudio(queue)
  return acknowledge(requests, event)
}

/** Rejects what waits for an event that cannot be used, because no listener receives it. Returns the sent events that it may acknowledge. */
function rejectWaiting({ deadline, requests, waits, queue }: Connection, event: InvalidEvent): readonly ClientFrame[] {
  const frame = readUnusable(event)
  const error = reasonOf(event.error, frame)
  deadline.lastUnusable = error
  if (event.type === undefined) return none
  const acknowledged = rejectUnusableReply(requests, event.type, frame, error)
  // The server has made an item of the audio, or has cleared it, even if its acknowledgement cannot be used.
  if (acknowledged.length > 0 && emptyingTypes.has(event.type)) acknowledgeAudio(queue)
  rejectUnusable(waits, event.type, error)
  return acknowledged
}

/** Rejects what a server error is about: a request, or a `connect()` that is running if it names no event. */
function recordError(connection: Connection, event: ServerErrorEvent, isHandled: boolean): void {
  const { options, queue, requests, lastError } = connection
  const { event_id: eventId } = event.error
  if (eventId) recordRefused(queue, eventId)
  if (refuseRequest(requests, event) || isHandled) return
  lastError.error = event.error
  if (eventId) return
  const attempt = runningAttempt(connection)
  const refusal = refusalOf(lastError)
  if (attempt && !failsOver(options.transport, refusal)) attempt.outcome.reject(refusal)
}
