import type { ClientEvent } from '../protocol/client-events.js'
import { type Codec, realtimeCodec } from '../protocol/codec.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { ServerDialect } from '../transports/dialect.js'
import type { Transport } from '../transports/transport.js'
import type { WarningEvent } from './events.js'
import type { SessionConfigInput } from './options.js'

/**
 * What a server may lack: an event that it does not accept or does not send, by its type, or output as text.
 */
export type Capability =
  | 'conversation.item.truncate'
  | 'conversation.item.delete'
  | 'conversation.item.retrieve'
  | 'output_audio_buffer.clear'
  | 'text_output'

/**
 * How the protocol of a server differs from GA. A dialect is a plain value; pass it to a transport or to a session. `Config` is the
 * configuration that the server accepts.
 */
export interface Dialect<Config extends object = SessionConfigInput> extends ServerDialect {
  /** What the server lacks, each with a sentence about the consequence for the session. */
  readonly lacks?: { readonly [Name in Capability]?: string } | undefined
  /** Maximum duration of a session in milliseconds, for a server that does not report `expires_at`. */
  readonly sessionMs?: number | undefined
  /**
   * Creates the codec of a session.
   * @defaultValue the codec of GA
   */
  readonly createCodec?: ((context: DialectContext) => Codec<ClientEvent, ServerEvent>) | undefined
  /** The type of the configuration. It has no value at run time. */
  readonly configType?: Config | undefined
}

/** What a session gives to the codec of its dialect. */
export interface DialectContext {
  /** Reports what was not sent or not kept. `subject` is a capability or the path of a field, and `message` one sentence. */
  report(subject: string, message: string): void
  /** Processes an event as if the server had sent it, in place of one that the server does not send. */
  dispatch(event: ServerEvent): void
  /**
   * What to do with fields that the server does not accept: refuse the event with an error, or leave them out and report them, for a
   * configuration that was written for another server.
   */
  readonly unaccepted: 'refuse' | 'leave out'
}

/** The dialect that a session speaks on its current connection. */
export interface SpokenDialect {
  getCodec(): Codec<ClientEvent, ServerEvent>
  getSessionMs(): number | undefined
  /** Returns whether the server lacks a capability. The first time, it also emits a warning. */
  lacks(capability: string): boolean
  /** Reports something that the server lacks. It is emitted as a warning the first time. */
  report(subject: string, message: string): void
  /** Returns the warnings since the last call, including those that were emitted before. */
  takeReports(): readonly WarningEvent[]
}

export function createSpokenDialect(options: {
  readonly transport: Transport
  readonly dialect: Dialect<object> | undefined
  readonly warn: (event: WarningEvent) => void
  readonly dispatch: (event: ServerEvent) => void
}): SpokenDialect {
  const { transport, warn, dispatch } = options
  let current: Dialect<object> | undefined
  let codec: Codec<ClientEvent, ServerEvent> = realtimeCodec
  let reports: WarningEvent[] = []
  const emitted = new Set<string>()

  function report(subject: string, message: string): void {
    const event: WarningEvent = { dialect: current?.name ?? 'openai', subject, message }
    if (reports.length < maxReports) reports.push(event)
    const key = `${event.dialect} ${subject}`
    if (emitted.has(key) || emitted.size >= maxReports) return
    emitted.add(key)
    warn(event)
  }

  function update(): Dialect<object> | undefined {
    const next = options.dialect ?? (transport.dialect as Dialect<object> | undefined)
    if (next !== current) {
      current = next
      codec = next?.createCodec?.({ report, dispatch, unaccepted: 'refuse' }) ?? realtimeCodec
    }
    return current
  }

  return {
    getCodec() {
      update()
      return codec
    },
    getSessionMs: () => update()?.sessionMs,
    lacks(capability) {
      const message = update()?.lacks?.[capability as Capability]
      if (message === undefined) return false
      report(capability, message)
      return true
    },
    report,
    takeReports() {
      const taken = reports
      reports = []
      return taken
    },
  }
}

/** How many warnings are kept and emitted at most. A server cannot fill the memory with them. */
const maxReports = 100
