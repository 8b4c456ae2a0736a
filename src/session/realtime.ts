import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { SessionUpdatedEvent } from '../protocol/events/session.js'
import type { ServerEvent } from '../protocol/server-events.js'
import { completeEvent } from './connection/complete-event.js'
import { createConnection } from './connection/connection.js'
import { createResponseStarts } from './connection/response-starts.js'
import { type DeltaEvent, isDelta } from './delta.js'
import { createSpokenDialect } from './dialect.js'
import { isSessionError } from './error.js'
import { createExpiryTimer } from './expiry.js'
import { createInputAudio } from './input-audio.js'
import { createItems } from './items.js'
import { type RequestOptions, type SessionConfigInput, withDefaults } from './options.js'
import { createInterruption } from './playback/interruption.js'
import { findPlayedText, recordPlayedText, recordTruncated } from './playback/played-transcript.js'
import { createPlaybackTracker, playbackOf } from './playback/tracker.js'
import type { RealtimeSession, SessionEvents, SessionOptions } from './realtime-contract.js'
import { createResponses } from './responses/scheduler.js'
import { whenSettled } from './responses/settled.js'
import { restoreHistory } from './restore/history.js'
import { acknowledgedConfig } from './restore/merge-config.js'
import { createPendingTurns } from './restore/pending-turns.js'
import { createRotation } from './restore/rotation.js'
import { startOf } from './restore/snapshot.js'
import { createRequests } from './send-message.js'
import { connectStages, type DeliverEvent, type StageChain } from './stage.js'
import { connectionLost } from './state/connection-lost.js'
import { expectAtFront } from './state/conversation.js'
import { awaitsOutput, selectItems } from './state/select.js'
import type { SessionState } from './state/state.js'
import { createStateStore } from './state/state-store.js'
import { surfaceOf } from './surface.js'
import { respondsToTurns } from './turn-detection.js'
import { unsettledAudioBytes } from './unsettled-audio.js'

export type { RealtimeSession, SessionEvents, SessionOptions } from './realtime-contract.js'

/**
 * Creates a session. It does nothing before `connect()`.
 *
 * @example
 * ```ts
 * const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 * await session.connect()
 * ```
 */
export function createSession<Config extends object = SessionConfigInput>(
  options: SessionOptions<Config>,
): RealtimeSession<Config> {
  const settings = withDefaults(options)
  const { transport, clock, maxWaitingAudioBytes } = settings
  const isJoined = transport.session === 'joined'
  let isConfigured = false
  const store = createStateStore(startOf(options as unknown as SessionOptions))

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
        getResponses: () => responses,
        mediaResponseId: () => interruption.mediaResponseId(),
        isMedia: () => transport.audio === 'media',
        timeoutMs: options.responseTimeoutMs ?? 120_000,
      }),
    hasServerResponseListener: () => core.hasListeners('response'),
    onServerResponse: (handle) => core.emit('response', handle),
    onSubmitted: (handle) => core.emit('submitted', handle),
  })

  const tracker = createPlaybackTracker()
  const interruption = createInterruption({
    clock,
    tracker,
    getAudioMode: () => transport.audio,
    getState: store.getState,
    getSession: () => store.peek().session,
    send(event) {
      if (spoken.lacks(event.type)) return
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
  const pendingTurns = createPendingTurns(store.peek, () => core.awaitsReply('input_audio_buffer.commit'))

  const starts = createResponseStarts()
  const spoken = createSpokenDialect({
    transport,
    dialect: options.dialect,
    warn: (event) => core.emit('warning', event),
    dispatch: (event) => core.dispatch(event),
  })

  const core = createConnection<Sendable<ClientEvent>, ServerEvent, SessionEvents>({
    ...settings,
    getCodec: spoken.getCodec,
    complete: completeEvent,
    startBefore: starts.before,
    ...(stages.length > 0 && {
      connectStages(deliver: DeliverEvent) {
        const getSession = () => store.peek().session
        stageChain = connectStages(stages, { audio: transport.audio, getSession }, deliver)
        return stageChain
      },
    }),
    unsettledAudioBytes() {
      // A joined session keeps its input buffer when this connection is lost.
      return isJoined ? 0 : unsettledAudioBytes(store.peek(), pendingTurns, maxWaitingAudioBytes)
    },
    async configure(handshake) {
      spoken.takeReports()
      // An empty update makes a joined session report its configuration, which it keeps when this connection is lost.
      const change = isJoined && isConfigured ? {} : store.getState().config
      if (change || isJoined) await handshake.request(updateOf(change ?? {}))
      isConfigured = true
    },
    async restore(handshake) {
      const known = selectItems(store.getState())
      if (isJoined) return { itemIds: known.map(({ id }) => id), lost: [] }
      const restored = await restoreHistory(handshake, known)
      const untranslated = spoken.takeReports()
      return untranslated.length > 0 ? { ...restored, untranslated } : restored
    },
    beforeSend(event) {
      stageChain?.send(event as ClientEvent)
      if (event.type !== 'conversation.item.create' || event.previous_item_id !== 'root') return
      const { id } = event.item
      const state = store.getState()
      if (id) store.setState({ ...state, conversation: expectAtFront(state.conversation, id) })
    },
    receive(event, acknowledged) {
      if (rotation.ignores(event)) return true
      if (isDelta(event)) {
        receiveDelta(event)
        return false
      }
      if (event.type === 'session.created' || (isJoined && !isConfigured && event.type === 'session.updated'))
        lifetime.expiresAt(event.session.expires_at, spoken.getSessionMs())
      const status = core.getStatus()
      pendingTurns.receive(event)
      if (event.type !== 'error') store.apply(event, (state) => withConfig(withPlayedText(state, event), acknowledged))
      // A subscriber may have closed the session or dropped the connection, and with it everything that this event is about.
      if (status === 'open' && core.getStatus() !== 'open' && core.getStatus() !== 'closing') return false
      interruption.receive(event)
      const isHandled = responses.receive(event)
      if (event.type === 'response.created')
        for (const early of starts.takeEarly(event.response.id)) responses.receive(early)
      return isHandled
    },
    receiveInvalid(event, acknowledged) {
      // The server has applied the change, even if its acknowledgement cannot be used.
      if (event.type === 'session.updated') store.setState(withConfig(store.getState(), acknowledged))
      responses.receiveInvalid(event)
    },
    receiveUnknown({ type }) {
      if (/^response\.(text|audio)/.test(type)) spoken.report('dialect', betaHint)
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
      // After the listeners, whose results go first. In `idle`, responses that wait are rejected.
      if (status === 'open' || status === 'idle') responses.resume()
    },
    onConnectionLost(status, reconnect) {
      // A joined session continues without this connection, and so does its time limit.
      if (!isJoined) lifetime.stop()
      pendingTurns.connectionLost()
      tracker.cut()
      interruption.connectionLost()
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

  const isUnsettled = () => core.awaitsReply('session.update') || pendingTurns.isPending()
  const rotation = createRotation({
    clock,
    timeoutMs: settings.requestTimeoutMs,
    isOpen: () => core.getStatus() === 'open',
    isUnsettled,
    unacknowledged: core.unacknowledged,
    move: core.rotate,
  })

  const lifetime = createExpiryTimer({
    clock,
    lifetime: options.lifetime ?? {},
    isQuiet() {
      const state = store.getState()
      if (isUnsettled()) return false
      const isTalking = state.responses.activeId !== undefined || state.inputAudio.isSpeaking
      return !isTalking && tracker.playingItemIds().length === 0 && !awaitsOutput(state)
    },
    onExpiring: (event) => core.emit('expiring', event),
    rotate() {
      // A joined session belongs to another client.
      if (!isJoined) void rotation.rotateNow()
    },
  })

  function receiveDelta(event: DeltaEvent): void {
    if (event.type === 'response.output_audio.delta') interruption.receiveAudio(event)
    else store.apply(event)
    responses.receiveDelta(event)
  }

  /** If the client plays the audio, the tracker knows which words a truncation leaves. */
  function withPlayedText(state: SessionState, event: ServerEvent): SessionState {
    if (event.type !== 'conversation.item.truncated' || transport.audio === 'media') return state
    return recordTruncated(state, event, tracker.progress(event.item_id))
  }

  function withConfig(state: SessionState, acknowledged: readonly Sendable<ClientEvent>[]): SessionState {
    const config = acknowledgedConfig(state.config, acknowledged, 'realtime')
    return config === state.config ? state : { ...state, config }
  }

  async function update(change: DeepReadonly<Config>, requestOptions?: RequestOptions) {
    const answer = await core.request(updateOf(change as DeepReadonly<SessionConfigInput>), requestOptions)
    return (answer as SessionUpdatedEvent).session
  }

  return {
    ...surfaceOf<ClientEvent, ServerEvent, SessionEvents, SessionState>(core, store, settings),
    update,
    lacks: spoken.lacks,
    dispatch: core.dispatch,
    ...createRequests(core, responses, (handle) => core.emit('requested', handle)),
    rotate: rotation.rotate,
    interrupt: (options) => (core.getStatus() === 'closed' ? undefined : interruption.interrupt(options)),
    playback: playbackOf(tracker),
    items: createItems(core.request),
    audio: createInputAudio(core, transport),
    get bufferedAmount() {
      return transport.bufferedAmount
    },
  }
}

function updateOf(config: DeepReadonly<SessionConfigInput>): ClientEvent {
  return { type: 'session.update', session: { ...(config as SessionConfigInput), type: 'realtime' } }
}

const betaHint = 'The server sends events of the beta; pass `dialect: beta` of realtime-primitives/dialects.'
