import { hasChange } from '../connection/update-acknowledgement.js'
import { mergeUpdate } from './merge-config.js'
import { createUnacknowledged } from './unacknowledged.js'

/** Tracks configuration changes from `session.update` to its acknowledgement, for every call that sends them. */
export interface ConfigChanges<Config> {
  /** Records an event that is about to be sent. */
  sending(event: SentEvent): void
  /** Records that an event was sent. */
  noteSent(eventId: string | undefined): void
  /**
   * Returns the configuration after a server event: with the change that the event acknowledges, or the same object. Acknowledged changes
   * are sent to the next server session after a drop. Refused ones are dropped.
   */
  receive(config: Config | undefined, event: ReceivedEvent): Config | undefined
  /** Drops the changes that were sent, because no acknowledgement will arrive. */
  connectionLost(): void
  /** Returns whether a change was sent and is not acknowledged. */
  isPending(): boolean
}

interface SentEvent {
  readonly type: string
  readonly event_id?: string | undefined
  readonly session?: unknown
}

interface ReceivedEvent {
  readonly type: string | undefined
  readonly error?: unknown
  readonly session?: unknown
}

/** @param sessionType The `session.type` of the changes to track. Translation sessions have none. */
export function createConfigChanges<Config extends object>(
  sessionType: 'realtime' | 'transcription' | undefined,
): ConfigChanges<Config> {
  const changes = createUnacknowledged<SentEvent>()

  function merge(config: Config | undefined, { session }: SentEvent): Config | undefined {
    if (typeof session !== 'object' || session === null) return config
    return (session as { type?: unknown }).type === sessionType ? mergeUpdate(config, session) : config
  }

  function acknowledge(config: Config | undefined, { session }: ReceivedEvent): Config | undefined {
    const isInForce = (change: SentEvent) => hasChange(session, change.session)
    const acknowledged = changes.acknowledge(isInForce)
    // The server may not have acknowledged an earlier change, and this event may be the acknowledgement of a later one.
    const inForce = changes.sent().filter(isInForce)
    return [...(acknowledged ? [acknowledged] : []), ...inForce].reduce<Config | undefined>(merge, config)
  }

  return {
    sending(event) {
      if (event.type === 'session.update') changes.add(event)
    },
    noteSent: changes.noteSent,
    receive(config, event) {
      if (event.type === 'session.updated') return acknowledge(config, event)
      if (event.type === 'error') changes.refuse(String((event.error as { event_id?: unknown } | undefined)?.event_id))
      return config
    },
    connectionLost: changes.connectionLost,
    isPending: changes.isPending,
  }
}
