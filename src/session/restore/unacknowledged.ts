/** Client events of one type that the server has not acknowledged or refused. The server acknowledges them in order. */
export interface Unacknowledged<Event> {
  /** Adds an event that is about to be sent or waits in the send queue. */
  add(event: Event): void
  /** Records that an event was sent on the current connection. */
  noteSent(eventId: string | undefined): void
  /** Removes and returns the oldest event that was sent and matches. Without a match, the oldest one. An acknowledgement belongs to it. */
  acknowledge(matches?: (event: Event) => boolean): Event | undefined
  /** Removes an event that the server refused. */
  refuse(eventId: string): void
  /** Removes the events that were sent on the lost connection. Those in the send queue stay. */
  connectionLost(): void
  /** Returns whether an event was sent and is not acknowledged. */
  isPending(): boolean
  /** Returns the events that were sent, the oldest first. */
  sent(): readonly Event[]
}

/** How many events are kept, for servers that send no acknowledgements. */
const maxEvents = 256

export function createUnacknowledged<
  Event extends { readonly event_id?: string | undefined },
>(): Unacknowledged<Event> {
  const events = new Map<string, Event>()
  const sent = new Set<string>()

  function remove(id: string): void {
    events.delete(id)
    sent.delete(id)
  }

  function sentEvents(): readonly Event[] {
    return [...sent].flatMap((id) => events.get(id) ?? [])
  }

  return {
    add(event) {
      if (event.event_id === undefined) return
      events.set(event.event_id, event)
      const [oldest] = events.keys()
      if (events.size > maxEvents && oldest !== undefined) remove(oldest)
    },
    noteSent(eventId) {
      if (eventId !== undefined && events.has(eventId)) sent.add(eventId)
    },
    acknowledge(matches = () => true) {
      const all = sentEvents()
      const event = all.find(matches) ?? all[0]
      if (event?.event_id !== undefined) remove(event.event_id)
      return event
    },
    refuse: remove,
    connectionLost() {
      for (const id of [...sent]) remove(id)
    },
    isPending: () => sent.size > 0,
    sent: sentEvents,
  }
}
