import { mergeUpdate } from './merge-config.js'
import { createUnacknowledged } from './unacknowledged.js'

/** Configuration changes between `session.update` and its acknowledgement, whichever call sent them. */
export interface ConfigChanges<Config> {
  /** Notes an event that is about to be sent. */
  sending(event: ConfigFrame): void
  /** Notes that an event has left. */
  noteSent(eventId: string | undefined): void
  /**
   * Returns the configuration after a server event: with the change that it acknowledges, or the same object. The next server gets what
   * was acknowledged; what was refused is forgotten.
   */
  receive(config: Config | undefined, event: ConfigAnswer): Config | undefined
  /** The connection is gone, and with it the acknowledgements. */
  lose(): void
  /** Whether a change has left and is not acknowledged. */
  readonly isPending: boolean
}

interface ConfigFrame {
  readonly type: string
  readonly event_id?: string | undefined
  readonly session?: unknown
}

interface ConfigAnswer {
  readonly type: string | undefined
  readonly error?: unknown
}

/** `sessionType` is the `session.type` of the changes that count; translation sessions have none. */
export function createConfigChanges<Config extends object>(
  sessionType: 'realtime' | 'transcription' | undefined,
): ConfigChanges<Config> {
  const changes = createUnacknowledged<ConfigFrame>()

  function acknowledge(config: Config | undefined): Config | undefined {
    const session = changes.acknowledge()?.session
    if (typeof session !== 'object' || session === null) return config
    return (session as { type?: unknown }).type === sessionType ? mergeUpdate(config, session) : config
  }

  return {
    sending(event) {
      if (event.type === 'session.update') changes.add(event)
    },
    noteSent: changes.noteSent,
    receive(config, event) {
      if (event.type === 'session.updated') return acknowledge(config)
      if (event.type === 'error') changes.refuse(String((event.error as { event_id?: unknown } | undefined)?.event_id))
      return config
    },
    lose: changes.lose,
    get isPending() {
      return changes.isPending
    },
  }
}
