import type { Line } from '../network/line.js'
import type { Json } from '../network/network.js'
import type { Environment } from '../world.js'
import type { RealtimeClient } from './client.js'
import { createReplay, type Replay } from './replay.js'

/** Events that break the protocol and that the session reports as `invalid`. */
const junkId = 'event_junk'

/** Compares what a session emits, and its state, with the events that reached it. */
export interface EventLog {
  /** Compares the state with a replay of the events of the current connection. */
  check(): void
  /** Virtual time since which the session has had nothing to wait for but a reply to its next request. */
  readonly quietSince: number
  /** Notes that something has happened, such as a settled handle. */
  touch(): void
}

export function createEventLog(
  { network, clock, report }: Pick<Environment, 'network' | 'clock' | 'report'>,
  options: {
    readonly client: () => RealtimeClient
    readonly isLawless: () => boolean
    /** Whether a stage holds events back, so that they are emitted later or not at all. */
    readonly isHeldBack: boolean
    readonly isJoined: boolean
  },
): EventLog {
  const { client: current, isLawless, isHeldBack, isJoined } = options
  const replays = new Map<Line, Replay>()
  let quietSince = 0

  function touch(): void {
    quietSince = clock.now()
  }

  function isKnown(itemId: string): boolean {
    const { items } = current().session.getState().conversation
    return items.some((piece) => piece.some(({ id }) => id === itemId))
  }

  function replayOf(line: Line): Replay {
    const known = replays.get(line) ?? createReplay(!isJoined || line.id === 1, isKnown)
    replays.set(line, known)
    return known
  }

  network.onDelivery((event, line) => {
    touch()
    const client = current()
    if (typeof event.type === 'string' && event.event_id !== junkId) replayOf(line).apply(event)
    const isExpected = () =>
      client.session.getState().status === 'open' && client.end.transport.state === 'open' && network.line === line
    const { all } = client.log
    const before = all.length
    // The session has left this connection, which the transport is closing.
    if (client.session.getState().status === 'reconnecting' && client.transport.state === 'opening')
      return () => {
        if (countOf(all.slice(before), event) > 0)
          report('nothing of a connection that was left is emitted', String(event.type))
      }
    if (isHeldBack || typeof event.type !== 'string' || event.event_id === junkId || !isExpected()) return undefined
    const { log, events: emitted } = client
    const [starred, typed] = [log.all.length, log.typed.length]
    return () => {
      if (!isExpected()) return
      const count = countOf(log.all.slice(starred), event)
      const { response_id: responseId } = event
      const isContent = String(event.type).startsWith('response.') && !/output_audio\./.test(String(event.type))
      if (
        isContent &&
        responseId !== undefined &&
        !isJoined &&
        !isLawless() &&
        !emitted.responses.has(String(responseId))
      )
        report('a response has started before its content', `${event.type} of ${responseId}`)
      if (count !== 1) report("each event reaches the listeners of '*' once", `${event.type} did ${count} times`)
      if (!log.types.has(String(event.type))) return
      const typedCount = countOf(log.typed.slice(typed), event)
      if (typedCount !== 1) report('each event reaches its listeners once', `${event.type} did ${typedCount} times`)
    }
  })

  return {
    check() {
      const client = current()
      const { line } = network
      if (!line || isHeldBack || isLawless() || client.session.getState().status !== 'open' || !line.isAlive) return
      const outcomes = new Map(client.handles.map((handle) => [handle.id, client.outcomes.get(handle)?.status]))
      const difference = replays.get(line)?.differenceFrom(client.session.getState(), outcomes)
      if (difference) report('the state equals a replay of the events', difference)
      client.checkNotifications()
    },
    get quietSince() {
      return quietSince
    },
    touch,
  }
}

function countOf(ids: readonly (string | undefined)[], { event_id: id }: Json): number {
  return ids.filter((other) => other === id).length
}
