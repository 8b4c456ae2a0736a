/** Client events of one type that the server has neither acknowledged nor refused. The server acknowledges them in order. */
export interface Unacknowledged<Event> {
  /** Notes an event that is about to be sent, or that waits to be sent. */
  add(event: Event): void
  /** Notes that an event has left on the current connection. */
  noteSent(eventId: string | undefined): void
  /** Returns the oldest event that has left, which is the one that an acknowledgement belongs to, and forgets it. */
  acknowledge(): Event | undefined
  /** Forgets an event that the server refused. */
  refuse(eventId: string): void
  /** Forgets what left on a connection that is gone. What still waits stays. */
  lose(): void
  /** Whether an event has left and is not acknowledged. */
  readonly isPending: boolean
}

/** How many events are remembered, for servers that acknowledge nothing. */
const maxRemembered = 256

export function createUnacknowledged<
  Event extends { readonly event_id?: string | undefined },
>(): Unacknowledged<Event> {
  const events = new Map<string, Event>()
  const sent = new Set<string>()

  function forget(id: string): void {
    events.delete(id)
    sent.delete(id)
  }

  return {
    add(event) {
      if (event.event_id === undefined) return
      events.set(event.event_id, event)
      const [oldest] = events.keys()
      if (events.size > maxRemembered && oldest !== undefined) forget(oldest)
    },
    noteSent(eventId) {
      if (eventId !== undefined && events.has(eventId)) sent.add(eventId)
    },
    acknowledge() {
      const [id] = sent
      if (id === undefined) return undefined
      const event = events.get(id)
      forget(id)
      return event
    },
    refuse: forget,
    lose() {
      for (const id of [...sent]) forget(id)
    },
    get isPending() {
      return sent.size > 0
    },
  }
}
