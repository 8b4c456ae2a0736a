import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { ClientEvent } from '../protocol/client-events.js'
import { realtimeCodec, type UnknownEvent } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { SessionUpdatedEvent } from '../protocol/events/session.js'
import type { ResponseCreateParams } from '../protocol/response.js'
import type { ServerEvent, ServerEventMap } from '../protocol/server-events.js'
import type { Session } from '../protocol/session.js'
import type { TranscriptionSession } from '../protocol/transcription-session.js'
import type { AcknowledgementOf } from './connection/acknowledgements.js'
import { createConnection } from './connection/connection.js'
import { isSessionError } from './error.js'
import type { LocalEvents, ReceivedEventMap } from './events.js'
import { createExpiryTimer, type ExpiringEvent, type LifetimeOptions } from './expiry.js'
import { createInputAudio, type InputAudio } from './input-audio.js'
import { createItems, type Items } from './items.js'
import {
  type EventsOptions,
  type RequestOptions,
  type SessionClose,
  type SessionConfigInput,
  type SharedOptions,
  type WaitForOptions,
  withDefaults,
} from './options.js'
import { createInterruption, type Interruption, type InterruptOptions } from './playback/interruption.js'
import { findPlayedText, recordPlayedText, recordTruncated } from './playback/played-transcript.js'
import { createPlaybackTracker, type Playback } from './playback/tracker.js'
import type { ResponseHandle } from './responses/handle.js'
import type { RespondOptions } from './responses/options.js'
import { createResponses } from './responses/scheduler.js'
import { whenSettled } from './responses/settled.js'
import { createConfigChanges } from './restore/config-changes.js'
import { restoreHistory } from './restore/history.js'
import { createPendingTurns } from './restore/pending-turns.js'
import { createRotation } from './restore/rotation.js'
import { type SessionSnapshot, stateOf } from './restore/snapshot.js'
import { createRequests, type MessageContent, type SendMessageOptions } from './send-message.js'
import { connectStages, type DeliverEvent, type Stage, type StageChain } from './stage.js'
import { connectionLost } from './state/connection-lost.js'
import { expectAtFront } from './state/conversation.js'
import { awaitsOutput, selectItems } from './state/select.js'
import { initialState, type SessionState } from './state/state.js'
import { createStateStore } from './state/state-store.js'
import { surfaceOf } from './surface.js'
import { detectsTurns, respondsToTurns } from './turn-detection.js'

/** Options of {@link createSession}. */
export interface SessionOptions extends SharedOptions {
  /** Configuration that is sent and acknowledged before `connect()` resolves. The session adds `type`. */
  config?: DeepReadonly<SessionConfigInput>
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
  /** A response was interrupted. Players must stop at once. */
  interrupted: Interruption
  /** The server will end the session at its time limit. */
  expiring: ExpiringEvent
}

/** A conversation with a Realtime server. */
export interface RealtimeSession extends ReadableStore<SessionState> {
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
  update(
    config: DeepReadonly<SessionConfigInput>,
    options?: RequestOptions,
  ): Promise<DeepReadonly<Session | TranscriptionSession>>
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

/**
 * Creates a session. It does nothing before `connect()`.
 *
 * @example
 * ```ts
 * const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 * await session.connect()
 * ```
 */
export function createSession(options: SessionOptions): RealtimeSession {
  const settings = withDefaults(options)
  const { transport, clock, maxWaitingAudioBytes } = settings
  const isJoined = transport.session === 'joined'
  let isConfigured = false
  const store = createStateStore(startOf(options))

  const responses = createResponses({
    clock,
    timeoutMs: settings.requestTimeoutMs,
    responseTimeoutMs: options.responseTimeoutMs ?? 120_000,
    send: (event) => core.send(event),
    cancelPending: (eventId) => core.cancelPending(eventId),
    respondsToTurns: () => respondsToTurns(store.peek().session),
    whenSettled: (handle) =>
      whenSettled(handle, {
        clock,
        on: core.on,
        getState: store.getState,
        tracker,
        isBusy: () => responses.isBusy,
        mediaResponseId: () => interruption.mediaResponseId,
        isMedia: () => transport.audio === 'media',
        timeoutMs: options.responseTimeoutMs ?? 120_000,
      }),
    onServerResponse: (handle) => core.emit('response', handle),
  })

  const tracker = createPlaybackTracker()
  const interruption = createInterruption({
    clock,
    tracker,
    getAudioMode: () => transport.audio,
    getState: store.getState,
    getSession: () => store.peek().session,
    send(event) {
      try {
        core.send(event)
      } catch (error) {
        // Without a server session there is no history to correct.
        if (!isSessionError(error, 'CLOSED') && !isSessionError(error, 'NOT_CONNECTED')) throw error
      }
    },
    cancelActive: responses.cancelActive,
    recordPlayed(progress) {
      const state = recordPlayedText(store.getState(), progress)
      store.setState(state)
      return findPlayedText(state, progress.itemId)
    },
    onInterruption: (event) => core.emit('interrupted', event),
  })

  let stageChain: StageChain | undefined
  const stages = options.stages ?? []
  const configChanges = createConfigChanges<DeepReadonly<SessionConfigInput>>('realtime')
  const pendingTurns = createPendingTurns(store.peek)

  const core = createConnection<Sendable<ClientEvent>, ServerEvent, SessionEvents>({
    ...settings,
    codec: realtimeCodec,
    ...(stages.length > 0 && {
      connectStages(deliver: DeliverEvent) {
        const getSession = () => store.peek().session
        stageChain = connectStages(stages, { audio: transport.audio, getSession }, deliver)
        return stageChain
      },
    }),
    unsettledAudioBytes() {
      // A joined session keeps its input buffer when this connection is lost.
      if (isJoined) return 0
      const { session, inputAudio } = store.peek()
      // With turn detection, audio outside of turns is silence, except for the start of a turn that is not detected yet.
      const isSilence = detectsTurns(session) && !inputAudio.isSpeaking && !pendingTurns.isPending()
      return isSilence ? Math.min(onsetBytes, maxWaitingAudioBytes) : Number.POSITIVE_INFINITY
    },
    async configure(handshake) {
      // An empty update makes a joined session report its configuration, which it keeps when this connection is lost.
      const change = isJoined && isConfigured ? {} : store.getState().config
      if (change || isJoined) await handshake.request(updateOf(change ?? {}))
      isConfigured = true
    },
    async restore(handshake) {
      const known = selectItems(store.getState())
      if (isJoined) return { itemIds: known.map(({ id }) => id), lost: [] }
      return restoreHistory(handshake, known)
    },
    beforeSend(event) {
      configChanges.sending(event)
      pendingTurns.sending(event as ClientEvent)
      stageChain?.send(event as ClientEvent)
      if (event.type !== 'conversation.item.create' || event.previous_item_id !== 'root') return
      const { id } = event.item
      const state = store.getState()
      if (id) store.setState({ ...state, conversation: expectAtFront(state.conversation, id) })
    },
    onSent(eventId) {
      configChanges.noteSent(eventId)
      pendingTurns.noteSent(eventId)
    },
    receive(event) {
      if (rotation.ignores(event)) return true
      if (event.type === 'session.created' || (isJoined && !isConfigured && event.type === 'session.updated'))
        lifetime.expiresAt(event.session.expires_at)
      const { status } = core
      if (event.type === 'error') configChanges.receive(undefined, event)
      else store.apply(event, (state) => withConfig(withPlayedText(state, event), event))
      pendingTurns.receive(event)
      // A subscriber may have dropped the connection, and with it everything that this event is about.
      if (status === 'open' && core.status === 'reconnecting') return false
      interruption.receive(event)
      return responses.receive(event)
    },
    receiveInvalid(event) {
      // The server has applied the change, even if its acknowledgement cannot be used.
      if (event.type === 'session.updated') store.setState(withConfig(store.getState(), event))
      responses.receiveInvalid(event)
    },
    onStatus(status, reconnect) {
      // Features configure the session when it opens, before the responses that were requested meanwhile.
      if (status === 'connecting') responses.hold()
      if (status === 'idle') {
        // After a failed `connect()` there is no server session that could expire.
        lifetime.stop()
        isConfigured = false
      }
      store.setState({ ...store.getState(), status, reconnect })
    },
    afterStatus(status) {
      // Features send results when the session opens. Responses that wait are created after those.
      // In `idle`, they are rejected.
      if (status === 'open' || status === 'idle') responses.resume()
    },
    onConnectionLost(status, reconnect) {
      // A joined session continues without this connection, and so does its time limit.
      if (!isJoined) lifetime.stop()
      configChanges.connectionLost()
      pendingTurns.connectionLost()
      tracker.cut()
      responses.connectionLost()
      store.setState({ ...connectionLost(store.getState()), status, reconnect })
    },
    onClose(close) {
      lifetime.stop()
      rotation.stop()
      responses.end(close.initiator === 'client' ? 'session_closed' : 'connection_lost')
      store.setState({ ...connectionLost(store.getState()), status: 'closed', reconnect: undefined })
      store.release()
    },
  })

  const isUnsettled = () => configChanges.isPending() || pendingTurns.isPending()
  const { rotate: move, unacknowledged } = core
  const isOpen = () => core.status === 'open'
  const { requestTimeoutMs: timeoutMs } = settings
  const rotation = createRotation({ clock, timeoutMs, isOpen, isUnsettled, unacknowledged, move })

  const lifetime = createExpiryTimer({
    clock,
    lifetime: options.lifetime ?? {},
    isQuiet() {
      const state = store.getState()
      if (isUnsettled()) return false
      const isTalking = state.responses.activeId !== undefined || state.inputAudio.isSpeaking || tracker.isPlaying
      return !isTalking && !awaitsOutput(state)
    },
    onExpiring: (event) => core.emit('expiring', event),
    rotate() {
      // A joined session belongs to another client.
      if (!isJoined) void rotation.rotateNow()
    },
  })

  /** If the client plays the audio, the tracker knows which words a truncation leaves. */
  function withPlayedText(state: SessionState, event: ServerEvent): SessionState {
    if (event.type !== 'conversation.item.truncated' || transport.audio === 'media') return state
    return recordTruncated(state, event, tracker.progress(event.item_id))
  }

  function withConfig(state: SessionState, event: { type: string | undefined }): SessionState {
    const config = configChanges.receive(state.config, event)
    return config === state.config ? state : { ...state, config }
  }

  async function update(change: DeepReadonly<SessionConfigInput>, requestOptions?: RequestOptions) {
    const answer = await core.request(updateOf(change), requestOptions)
    return (answer as SessionUpdatedEvent).session
  }

  return {
    ...surfaceOf<ClientEvent, ServerEvent, SessionEvents, SessionState>(core, store, clock),
    update,
    dispatch: core.dispatch,
    ...createRequests(core, responses, (handle) => core.emit('requested', handle)),
    rotate: rotation.rotate,
    interrupt: (options) => (core.status === 'closed' ? undefined : interruption.interrupt(options)),
    playback: tracker,
    items: createItems(core.request),
    audio: createInputAudio(core, transport),
    get bufferedAmount() {
      return transport.bufferedAmount
    },
  }
}

/** Returns the state of a session that was not connected yet. */
function startOf({ config, snapshot }: SessionOptions): SessionState {
  const state = snapshot ? stateOf(snapshot) : initialState
  return config ? { ...state, config } : state
}

function updateOf(config: DeepReadonly<SessionConfigInput>): ClientEvent {
  return { type: 'session.update', session: { ...(config as SessionConfigInput), type: 'realtime' } }
}

/** Half a second of 24 kHz PCM16 in base64, in bytes. */
const onsetBytes = 32_000
