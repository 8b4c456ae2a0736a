import type { Clock } from '../internal/clock.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
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
import { createConfigChanges } from './restore/config-changes.js'
import { restoreHistory } from './restore/history.js'
import { createPendingTurns } from './restore/pending-turns.js'
import { createRotation } from './restore/rotation.js'
import { type SessionSnapshot, stateOf } from './restore/snapshot.js'
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
  /** The configuration that is sent, and must be acknowledged, before `connect` resolves. `type` is added by itself. */
  config?: DeepReadonly<SessionConfigInput>
  /**
   * Goes on where another session stood, as `snapshot` has it: `connect` tells the new session on the server the configuration, unless `config` is
   * given, and the history; `restored` reports what it took.
   */
  snapshot?: SessionSnapshot | undefined
  /**
   * How long the server may say nothing of a response that runs, in milliseconds. Then it has failed (`RESPONSE_FAILED` with a `TIMEOUT` as its
   * cause) and is cancelled, and the next one begins. `Infinity` waits as long as the session lives.
   * @defaultValue 120_000
   */
  responseTimeoutMs?: number | undefined
  /**
   * Steps that each event of the server passes before the session handles it, in this order; `holdBack` is one.
   * @defaultValue []
   */
  stages?: readonly Stage[] | undefined
  /** What to do about the server's time limit. */
  lifetime?: LifetimeOptions
}

/** What a session tells its listeners: every server event by its type, and what happens to the session itself. */
export interface SessionEvents extends ReceivedEventMap<ServerEventMap>, LocalEvents {
  /** A response that the server began by itself, for example after a turn that it detected. */
  response: ResponseHandle
  /** An answer was cut off: whatever plays it must fall silent at once. */
  interrupted: Interruption
  /** The server will end the session at its time limit. */
  expiring: ExpiringEvent
}

/** A conversation with a Realtime server. */
export interface RealtimeSession {
  /**
   * Opens the transport, waits for `session.created` (unless it joins a session that runs), sends the configuration and waits for its
   * acknowledgement. After a failure it may be called again.
   * @throws {TransportError} when the server cannot be reached.
   * @throws {SessionError} `SERVER_ERROR` when the server refuses the key, the model or the configuration; `TIMEOUT`; `CLOSED`.
   */
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Sends an event and answers its `event_id`, which is made up if the event has none.
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
  /** Every server event from now on, in order, unknown types included; it ends with the session. */
  events(options?: EventsOptions): AsyncIterableIterator<DeepReadonly<ServerEvent> | DeepReadonly<UnknownEvent>>
  /** The next event of a type. @throws {SessionError} `CLOSED` when the session ends first, `TIMEOUT`. */
  waitFor<K extends keyof ServerEventMap>(
    type: K,
    options?: WaitForOptions<SessionEvents[K]>,
  ): Promise<SessionEvents[K]>
  /** The session as it stands, immutable. */
  getState(): SessionState
  /** Calls the listener after each change of the state. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Changes the configuration; what is left out stays. Resolves with the configuration that is in force. */
  update(
    config: DeepReadonly<SessionConfigInput>,
    options?: RequestOptions,
  ): Promise<DeepReadonly<Session | TranscriptionSession>>
  /** Asks for a response. The handle always settles; nothing is thrown. */
  respond(params?: ResponseCreateParams, options?: RespondOptions): ResponseHandle
  /**
   * Interrupts what the model says: cancels the response that runs, and reduces the conversation on the server to what was played. Returns what
   * was cut off, or undefined when there was nothing to interrupt, which is no error.
   */
  interrupt(options?: InterruptOptions): Interruption | undefined
  /** What the listener heard. Feed it, and an interrupted answer is truncated where it was interrupted. */
  readonly playback: Playback
  /**
   * Goes on in a new session of the server, with the configuration and the history restored, as `lifetime` does before the time limit.
   * A commit, its transcript, and a change of the configuration that are in flight are waited for, at most `requestTimeoutMs`. Then what
   * runs is cut off, and what is sent meanwhile waits. Resolves when a connection is there; `restored` follows.
   */
  rotate(): Promise<void>
  /** The history. */
  readonly items: Items
  /** What the server hears. */
  readonly audio: InputAudio
  /** Measures time for the session and for the features that run on it; see the `clock` option. */
  readonly clock: Clock
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number
  /** Ends the session and the transport; everything that waits settles. */
  close(code?: number, reason?: string): Promise<void>
  /** Resolves when the session has ended, whoever ended it. */
  readonly closed: Promise<SessionClose>
}

/**
 * A session over any transport. It does nothing before `connect`.
 *
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
      // A session that was joined keeps what it heard when this connection drops.
      if (isJoined) return 0
      const { session, inputAudio } = store.peek()
      // With turn detection, what nobody speaks in is silence, but for the beginning of a word that is not found yet.
      const isSilence = detectsTurns(session) && !inputAudio.isSpeaking && !pendingTurns.isPending
      return isSilence ? Math.min(onsetBytes, maxWaitingAudioBytes) : Number.POSITIVE_INFINITY
    },
    async configure(handshake) {
      // A joined session is asked for its configuration by changing nothing, and keeps what it was told before a drop.
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
      // An acknowledgement that cannot be read still says that the server took the change.
      if (event.type === 'session.updated') store.setState(withConfig(store.getState(), event))
      responses.receiveInvalid(event)
    },
    onStatus(status) {
      if (status === 'idle') {
        // A failed `connect` leaves no server session whose time could run out.
        lifetime.stop()
        isConfigured = false
      }
      store.setState({ ...store.getState(), status })
    },
    afterStatus(status) {
      // Features send results when the session opens. Responses that wait are created after those.
      // Without a connection to come, what waits for one is refused.
      if (status === 'open' || status === 'idle') responses.resume()
    },
    onConnectionLost(status) {
      // A session that was joined goes on without this connection, and so does its time limit.
      if (!isJoined) lifetime.stop()
      configChanges.connectionLost()
      pendingTurns.connectionLost()
      tracker.cut()
      responses.connectionLost()
      store.setState({ ...connectionLost(store.getState()), status })
    },
    onClose(close) {
      lifetime.stop()
      rotation.stop()
      responses.end(close.initiator === 'client' ? 'session_closed' : 'connection_lost')
      store.setState({ ...connectionLost(store.getState()), status: 'closed' })
      store.release()
    },
  })

  const isUnsettled = () => configChanges.isPending || pendingTurns.isPending
  const rotation = createRotation({
    clock,
    timeoutMs: settings.requestTimeoutMs,
    isOpen: () => core.status === 'open',
    isUnsettled,
    move: core.rotate,
  })

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
      // What was joined is not this side's to replace.
      if (!isJoined) void rotation.rotateNow()
    },
  })

  /** Where this side plays the audio, the playback tracker knows which words a truncation leaves. */
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
    ...surfaceOf(core, store, clock),
    update,
    respond: responses.respond,
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

/** What a session knows before it is connected. */
function startOf({ config, snapshot }: SessionOptions): SessionState {
  const state = snapshot ? stateOf(snapshot) : initialState
  return config ? { ...state, config } : state
}

function updateOf(config: DeepReadonly<SessionConfigInput>): ClientEvent {
  return { type: 'session.update', session: { ...(config as SessionConfigInput), type: 'realtime' } }
}

/** Half a second of 24 kHz PCM16 as base64. */
const onsetBytes = 32_000
