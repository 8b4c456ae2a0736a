import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { ResponseCreateParams } from '../protocol/response.js'
import type { ServerEvent, ServerEventMap } from '../protocol/server-events.js'
import type { Session } from '../protocol/session.js'
import type { TranscriptionSession } from '../protocol/transcription-session.js'
import type { Transport } from '../transports/transport.js'
import type { AcknowledgementOf } from './connection/acknowledgements.js'
import type { Capability, Dialect } from './dialect.js'
import type { LocalEvents, ReceivedEventMap } from './events.js'
import type { ExpiringEvent, LifetimeOptions } from './expiry.js'
import type { InputAudio } from './input-audio.js'
import type { Items } from './items.js'
import type {
  EventsOptions,
  RequestOptions,
  SessionClose,
  SessionConfigInput,
  SharedOptions,
  UpdateOptions,
  WaitForOptions,
} from './options.js'
import type { Interruption, InterruptOptions } from './playback/interruption.js'
import type { Playback } from './playback/tracker.js'
import type { ResponseAnnouncements } from './responses/announcements.js'
import type { ResponseHandle } from './responses/handle.js'
import type { RespondOptions } from './responses/options.js'
import type { SessionSnapshot } from './restore/snapshot.js'
import type { MessageContent, SendMessageOptions } from './send-message.js'
import type { Stage } from './stage.js'
import type { SessionState } from './state/state.js'

/** Options of `createSession`. */
export interface SessionOptions<Config extends object = SessionConfigInput> extends SharedOptions {
  /** The connection to the server. The session opens and closes it, so a transport must not be shared by sessions. */
  transport: Transport | (Transport & { readonly dialect: Dialect<Config> })
  /**
   * Dialect of the server, which replaces that of the transport.
   * @defaultValue the dialect of the transport
   */
  dialect?: Dialect<Config> | undefined
  /**
   * Configuration that is sent and acknowledged before `connect()` resolves. The session adds `type`. A dialect adds the settings of its
   * server.
   */
  config?: DeepReadonly<NoInfer<Config>>
  /**
   * A snapshot of another session to continue. `connect()` sends its configuration, unless `config` is given, and its history. `restored` reports
   * the result.
   */
  snapshot?: SessionSnapshot | undefined
  /**
   * How long the server may send no event of a running response, in milliseconds. Then the response is cancelled and fails with
   * `RESPONSE_FAILED`, whose cause is a `TIMEOUT`, and the next one starts. `Infinity` disables the timeout.
   * @defaultValue 120_000
   */
  responseTimeoutMs?: number | undefined
  /**
   * Stages that each server event passes before the session receives it, in this order. `holdBack` is one.
   * @defaultValue []
   */
  stages?: readonly Stage[] | undefined
  /** What to do before the server's time limit. */
  lifetime?: LifetimeOptions
}

/** Events of a session: every server event by its type, and events of the session itself. */
export interface SessionEvents extends ReceivedEventMap<ServerEventMap>, LocalEvents {
  /** The server created a response by itself, for example after a turn that it detected. */
  response: ResponseHandle
  /** `respond()` or `sendMessage()` was called. The response may have to wait for another one. */
  requested: ResponseHandle
  /**
   * The request of a response was submitted to the server, so it waits for no other response. Emitted again when it has to be repeated. An
   * immediate submission precedes `requested`.
   */
  submitted: ResponseHandle
  /** A response was interrupted. Players must stop at once. */
  interrupted: Interruption
  /** The server will end the session at its time limit. */
  expiring: ExpiringEvent
}

/** A conversation with a Realtime server. */
export interface RealtimeSession<Config extends object = SessionConfigInput>
  extends ReadableStore<SessionState>,
    ResponseAnnouncements {
  /**
   * Opens the transport, waits for `session.created` (not when it joins an existing session), sends the configuration, and waits for its
   * acknowledgement. Can be called again after a failure. Concurrent calls share one attempt.
   * @throws {TransportError} when the server cannot be reached.
   * @throws {SessionError} `SERVER_ERROR` when the server refuses the key, the model, or the configuration; `TIMEOUT`; `CLOSED`.
   */
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Sends an event. Returns its `event_id`, which is generated if the event has none.
   * @throws {ProtocolError} `INVALID_EVENT`, before anything is sent. @throws {SessionError} `NOT_CONNECTED` or `CLOSED`.
   */
  send(event: ClientEvent): string
  /**
   * Sends a text frame as it is, for events that this version does not know. It is not checked, not kept while the connection is down, and not
   * sent again.
   * @throws {SessionError} `NOT_CONNECTED` or `CLOSED`.
   * @example
   * ```ts
   * session.sendRaw(JSON.stringify({ type: 'vendor.event', text: 'Welcome.' }))
   * ```
   */
  sendRaw(frame: string): void
  /**
   * Returns whether the server lacks a capability, by its dialect. The first time that it returns `true`, the session emits `warning`.
   * @example
   * ```ts
   * if (!session.lacks('conversation.item.retrieve')) await session.items.retrieve(itemId)
   * ```
   */
  lacks(capability: Capability): boolean
  /**
   * Sends an event that the service acknowledges, and resolves with the acknowledgement.
   * @example
   * ```ts
   * const { item_id } = await session.request({ type: 'input_audio_buffer.commit' })
   * ```
   */
  request<Type extends ClientEvent['type']>(
    event: ClientEvent & { readonly type: Type },
    options?: RequestOptions,
  ): Promise<DeepReadonly<AcknowledgementOf<Type, ServerEvent>>>
  /** Subscribes to an event. Returns an unsubscribe function. Errors thrown by listeners go to the runtime's error reporting. */
  on<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => void): () => void
  /**
   * Processes an event as if the server had sent it: the state, the listeners, and the players receive it. Use it for prepared audio. Stages
   * do not receive it.
   * @example
   * ```ts
   * const place = { response_id: 'resp_clip', item_id: 'item_clip', output_index: 0, content_index: 0 }
   * session.dispatch({ type: 'response.output_audio.delta', event_id: 'event_clip', ...place, delta: base64 })
   * session.dispatch({ type: 'response.output_audio.done', event_id: 'event_end', ...place })
   * ```
   */
  dispatch(event: ServerEvent): void
  /** Iterates over all server events from now on, including unknown types, until the session is closed. */
  events(options?: EventsOptions): AsyncIterableIterator<DeepReadonly<ServerEvent> | DeepReadonly<UnknownEvent>>
  /** Resolves with the next event of a type. @throws {SessionError} `CLOSED` when the session ends first, `TIMEOUT`. */
  waitFor<K extends keyof ServerEventMap>(
    type: K,
    options?: WaitForOptions<SessionEvents[K]>,
  ): Promise<SessionEvents[K]>
  /** Changes the given fields of the configuration. Resolves with the configuration that is in force. */
  update(config: DeepReadonly<Config>, options?: UpdateOptions): Promise<DeepReadonly<Session | TranscriptionSession>>
  /** Requests a response. Never throws; the handle always settles. */
  respond(params?: ResponseCreateParams, options?: RespondOptions): ResponseHandle
  /**
   * Adds a user message to the conversation and requests the response to it. Never throws; the handle always settles. It settles as
   * `rejected` when the server refuses the message. While another response runs, the message is sent at once and its response waits, as in
   * `respond()`. Without a connection, both wait for it.
   * @example
   * ```ts
   * session.sendMessage([{ type: 'input_text', text: 'What is this?' }, { type: 'input_image', image_url: dataUrl }])
   * ```
   */
  sendMessage(content: string | readonly MessageContent[], options?: SendMessageOptions): ResponseHandle
  /**
   * Cancels the running response, and truncates the conversation on the server to what was played. Returns what was interrupted, or
   * `undefined` when there was nothing to interrupt.
   */
  interrupt(options?: InterruptOptions): Interruption | undefined
  /** Tracks what was played. Report to it, and an interrupted item is truncated at the played position. */
  readonly playback: Playback
  /**
   * Continues in a new server session, with the configuration and the history restored, as the option `lifetime` does before the time limit.
   * First waits at most `requestTimeoutMs` for a commit, its transcript, and a configuration change in flight. Running responses are cancelled,
   * and events sent in the meantime are queued. Resolves when the new connection is open; `restored` follows.
   */
  rotate(): Promise<void>
  /** The items of the conversation on the server. */
  readonly items: Items
  /** The audio input. */
  readonly audio: InputAudio
  /** The clock of the session, see the `clock` option. */
  readonly clock: Clock
  /** Bytes that the transport has accepted and not sent yet. */
  readonly bufferedAmount: number
  /** Closes the session and its transport. Pending promises settle. */
  close(code?: number, reason?: string): Promise<void>
  /** Resolves when the session is closed. */
  readonly closed: Promise<SessionClose>
}
