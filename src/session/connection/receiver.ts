import type { Decoded, InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { isDeltaType } from '../delta.js'
import type { AddressedEvent } from './acknowledgements.js'
import type { ClientFrame, ConnectionOptions } from './connection-options.js'
import type { EventIterators } from './event-iterators.js'
import type { EventWaits } from './event-waits.js'
import type { LastServerError } from './failure.js'
import type { HandshakeDeadline } from './handshake-deadline.js'
import type { PendingRequests } from './pending-requests.js'
import type { SendQueue } from './send-queue.js'
import { betaStart, readUnusable, reasonOf } from './unusable-event.js'

const none: readonly never[] = []

/** After these events the server's input buffer is empty. */
const emptyingTypes = new Set(['input_audio_buffer.committed', 'input_audio_buffer.cleared'])

/** The parts of a connection that receive events. */
export interface ReceiverParts<Client, Server> {
  readonly emit: (type: string, event: unknown) => void
  readonly iterators: EventIterators<Server | UnknownEvent>
  readonly waits: EventWaits
  readonly requests: PendingRequests<Client & AddressedEvent, Server>
  readonly queue: SendQueue<Client>
  readonly deadline: HandshakeDeadline
  readonly lastError: LastServerError
  readonly isClosed: () => boolean
  /** Receives a server error that names no event. It fails a `connect()` that is running. */
  readonly onRefused: (error: unknown) => void
}

/** The receiving side of a connection. */
export interface Receiver<Server> {
  /** Decodes a frame and passes its event through the stages, to requests, the session, and the listeners. */
  onFrame(frame: string): void
  /** Processes an event as if the server had sent it, without the stages. */
  dispatch(event: Server): void
  /** Drops the events that stages hold, because their connection was lost, closed, or replaced. */
  resetStages(): void
}

export function createReceiver<Client extends ClientFrame, Server extends { type: string }>(
  options: ConnectionOptions<Client, Server>,
  parts: ReceiverParts<Client, Server>,
): Receiver<Server> {
  const { emit, iterators, waits, requests, queue, deadline, lastError, isClosed, onRefused } = parts
  const stages = options.connectStages?.(deliver)

  function onFrame(frame: string): void {
    const codec = options.getCodec()
    if (codec.decodeAll) for (const decoded of codec.decodeAll(frame)) pass(decoded, frame.length)
    else pass(codec.decode(frame), frame.length)
  }

  function pass(decoded: Decoded<Server>, frameLength: number): void {
    if (decoded.kind === 'event') options.complete?.(decoded.event)
    const start = decoded.kind === 'event' ? options.startBefore?.(decoded.event) : undefined
    if (start) pass({ kind: 'event', event: start }, 0)
    if (stages) stages.receive(decoded, frameLength)
    else deliver(decoded)
  }

  function deliver(decoded: Decoded<Server>): void {
    // A stage that is reset at the end may still deliver what it held.
    if (isClosed()) return
    if (decoded.kind === 'invalid') {
      options.receiveInvalid(decoded.event, onUnusable(decoded.event))
      emit('invalid', decoded.event)
      return
    }
    iterators.push(decoded.event)
    if (decoded.kind === 'unknown') {
      const start = betaStart(decoded.event)
      if (start) waits.rejectUnusable(start.type, start.error)
      options.receiveUnknown?.(decoded.event)
      emit('*', decoded.event)
      emit('unknown', decoded.event)
      return
    }
    onEvent(decoded.event)
  }

  function onEvent(event: Server): void {
    if (event.type === 'error') {
      const isHandled = options.receive(event, none)
      onServerError(event as unknown as ServerErrorEvent, isHandled)
      emit('*', event)
      if (!isHandled) emit(event.type, event)
      return
    }
    lastError.serverContinued()
    // Most events are deltas, and those acknowledge nothing.
    const acknowledged = isDeltaType(event.type) ? none : acknowledge(event)
    const isHandled = options.receive(event, acknowledged)
    emit('*', event)
    if (!isHandled) emit(event.type, event)
  }

  /** Runs before any listener: one that leaves the connection must not cause a request to be sent again. */
  function acknowledge(event: Server): readonly Client[] {
    if (emptyingTypes.has(event.type) && options.emptiesInputBuffer?.(event) !== false) queue.acknowledgeAudio()
    return requests.acknowledge(event)
  }

  /**
   * Rejects what waits for an event that cannot be used, because no listener receives it. Returns the sent events that it may acknowledge.
   */
  function onUnusable(event: InvalidEvent): readonly Client[] {
    const frame = readUnusable(event)
    const error = reasonOf(event.error, frame)
    deadline.receivedUnusable(error)
    if (event.type === undefined) return none
    const acknowledged = requests.rejectUnusable(event.type, frame, error)
    // The server has made an item of the audio, or has cleared it, even if its acknowledgement cannot be used.
    if (acknowledged.length > 0 && emptyingTypes.has(event.type)) queue.acknowledgeAudio()
    waits.rejectUnusable(event.type, error)
    return acknowledged
  }

  function onServerError(event: ServerErrorEvent, isHandled: boolean): void {
    if (event.error.event_id) queue.recordRefused(event.error.event_id)
    if (requests.refuse(event) || isHandled) return
    lastError.record(event)
    if (!event.error.event_id) onRefused(lastError.refusal())
  }

  return { onFrame, dispatch: (event) => deliver({ kind: 'event', event }), resetStages: () => stages?.reset() }
}
