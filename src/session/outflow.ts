import { isTransportError } from '../transports/error.js'
import type { ClientFrame, CoreOptions } from './core-options.js'
import type { WaitOptions } from './options.js'
import { createOutbox, isSound } from './outbox.js'
import { within } from './within.js'

/** The way out of a session: to the transport at once, or behind what waits. */
export interface Outflow<Client> {
  /**
   * Sends an event, or lets it wait: without a connection, behind sound that waits, or when it is sound and the transport is full.
   * @throws {TransportError} `NOT_OPEN`. @throws {ProtocolError} `INVALID_EVENT`.
   */
  send(event: Client, connection: 'there' | 'coming'): void
  /** Sends past everything that waits. */
  transmit(event: Client): void
  /** Sends all that waits. */
  flush(): void
  /** Whether an event waits. */
  has(eventId: string | undefined): boolean
  /** Drops an event that waits; false when it does not. */
  forget(eventId: string | undefined): boolean
  /** The connection is gone; sound that no commit has made an item waits again. */
  lose(): void
  /** What the server heard so far is an item now, or was thrown away. */
  settleSound(): void
  /** The server refused an event. */
  noteRefused(eventId: string): void
  /** Reports what the drop has cost. */
  reportLoss(): void
  /** Reports what was dropped since, and returns how many appends the outage has cost in all. */
  endOutage(): number
  /** Resolves when nothing waits and the transport has room; `waiting` may end it. */
  drained(options: WaitOptions, waiting: Set<(error: unknown) => void>): Promise<void>
  /** Drops what waits. Returns how many appends that were. */
  stop(): number
}

/** Who hears of what leaves, and of what does not. */
export interface OutflowListener {
  onDropped(appends: number): void
  onSent(eventId: string | undefined): void
  /** The transport refused an event that had waited; nobody is there to throw at. */
  onUnsendable(eventId: string | undefined, error: unknown): void
}

/** How often to look whether a slow transport has room again, in milliseconds. */
const lookMs = 20

export function createOutflow<Client extends ClientFrame, Server extends { type: string }>(
  options: CoreOptions<Client, Server>,
  { onDropped, onSent, onUnsendable }: OutflowListener,
): Outflow<Client> {
  const { transport, codec, clock } = options
  const outbox = createOutbox(options.maxWaitingAudioBytes, options.unsettledAudioBytes)
  let stopLooking = () => {}
  let droppedInOutage = 0

  const hasRoom = () => transport.bufferedAmount <= options.highWaterMark

  function pass(event: ClientFrame, frame: string): void {
    transport.send(frame)
    onSent(event.event_id)
    outbox.noteSent(event, frame)
  }

  /** Between the farewell of a peer and the end of the pipe nothing leaves; what is sent then belongs to the next connection. */
  function passIfOpen(event: ClientFrame, frame: string): boolean {
    try {
      pass(event, frame)
      return true
    } catch (error) {
      if (isTransportError(error, 'NOT_OPEN')) return false
      throw error
    }
  }

  /** One event that cannot be sent holds up none of those behind it. */
  function passWaiting(event: ClientFrame, frame: string): boolean {
    try {
      return passIfOpen(event, frame)
    } catch (error) {
      onUnsendable(event.event_id, error)
      return true
    }
  }

  function look(): void {
    outbox.drain(passWaiting, hasRoom)
    report()
    if (!outbox.isEmpty) lookLater()
  }

  function report(): number {
    const appends = outbox.takeDropped()
    if (appends > 0) onDropped(appends)
    return appends
  }

  function lookLater(): void {
    stopLooking()
    stopLooking = clock.after(lookMs, () => {
      if (transport.state === 'open') look()
    })
  }

  function transmit(event: Client): void {
    const frame = codec.encode(event)
    options.sent(event)
    // What does not leave any more is asked again on the next connection, or refused by the end of the session.
    passIfOpen(event, frame)
  }

  return {
    transmit,
    send(event, connection) {
      const isConnected = connection === 'there'
      const frame = codec.encode(event)
      options.sent(event)
      if (isConnected && outbox.isEmpty && (hasRoom() || !isSound(event)) && passIfOpen(event, frame)) return
      outbox.push(event, frame)
      if (isConnected) lookLater()
    },
    flush: () => outbox.drain(passWaiting),
    has: outbox.has,
    forget: outbox.forget,
    lose() {
      stopLooking()
      outbox.recallSound()
    },
    settleSound: outbox.settleSound,
    noteRefused: outbox.noteRefused,
    reportLoss() {
      droppedInOutage += report()
    },
    endOutage() {
      const appends = droppedInOutage + report()
      droppedInOutage = 0
      return appends
    },
    drained: (wait, waiting) =>
      within<void>(clock, wait, 'room in the transport', (resolve, reject) => {
        let cancel = () => {}
        const check = () => {
          if (outbox.isEmpty && hasRoom()) resolve()
          else cancel = clock.after(lookMs, check)
        }
        waiting.add(reject)
        check()
        return () => {
          waiting.delete(reject)
          cancel()
        }
      }),
    stop() {
      stopLooking()
      droppedInOutage = 0
      return outbox.takeDropped() + outbox.clear()
    },
  }
}
