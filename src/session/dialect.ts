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
  readonly options: SpokenDialectOptions
  current: Dialect<object> | undefined
  codec: Codec<ClientEvent, ServerEvent>
  /** The warnings since the start of the connection. */
  reports: readonly WarningEvent[]
  /** The warnings that were emitted, by dialect and subject. */
  emitted: readonly string[]
}

interface SpokenDialectOptions {
  readonly transport: Transport
  /** Replaces the dialect of the transport. */
  readonly dialect: Dialect<object> | undefined
  readonly warn: (event: WarningEvent) => void
  readonly dispatch: (event: ServerEvent) => void
}

const none: readonly never[] = []

export function createSpokenDialect(options: SpokenDialectOptions): SpokenDialect {
  return { options, current: undefined, codec: realtimeCodec, reports: none, emitted: none }
}

/** Returns the codec of the current connection. */
export function codecOf(spoken: SpokenDialect): Codec<ClientEvent, ServerEvent> {
  currentDialect(spoken)
  return spoken.codec
}

/** Returns the maximum duration of a session, for a server that does not report it. */
export function sessionMsOf(spoken: SpokenDialect): number | undefined {
  return currentDialect(spoken)?.sessionMs
}

/** Returns whether the server lacks a capability. The first time, it also emits a warning. */
export function lacks(spoken: SpokenDialect, capability: string): boolean {
  const message = currentDialect(spoken)?.lacks?.[capability as Capability]
  if (message === undefined) return false
  reportLack(spoken, capability, message)
  return true
}

/** Reports something that the server lacks. It is emitted as a warning the first time. */
export function reportLack(spoken: SpokenDialect, subject: string, message: string): void {
  const event: WarningEvent = { dialect: spoken.current?.name ?? 'openai', subject, message }
  if (spoken.reports.length < maxReports) spoken.reports = [...spoken.reports, event]
  const key = `${event.dialect} ${subject}`
  if (spoken.emitted.includes(key) || spoken.emitted.length >= maxReports) return
  spoken.emitted = [...spoken.emitted, key]
  spoken.options.warn(event)
}

/** Returns the warnings since the last call, including those that were emitted before. */
export function takeReports(spoken: SpokenDialect): readonly WarningEvent[] {
  const taken = spoken.reports
  spoken.reports = none
  return taken
}

/** Returns the dialect of the current connection. The next one may lead to a server with another dialect. */
function currentDialect(spoken: SpokenDialect): Dialect<object> | undefined {
  const { transport, dialect, dispatch } = spoken.options
  const next = dialect ?? (transport.dialect as Dialect<object> | undefined)
  if (next !== spoken.current) {
    spoken.current = next
    const report: DialectContext['report'] = (subject, message) => reportLack(spoken, subject, message)
    spoken.codec = next?.createCodec?.({ report, dispatch, unaccepted: 'refuse' }) ?? realtimeCodec
  }
  return spoken.current
}

/** How many warnings are kept and emitted at most. A server cannot fill the memory with them. */
const maxReports = 100
