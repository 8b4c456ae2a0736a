import type { DeepReadonly } from '../internal/deep-readonly.js'
import { removeListeners } from '../internal/emitter.js'
import { createSharedGetter } from '../internal/shared-getter.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { SessionUpdatedEvent } from '../protocol/events/session.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { Transport } from '../transports/transport.js'
import { completeEvent } from './connection/complete-event.js'
import { createConnection } from './connection/connection.js'
import type { ConnectionHandlers } from './connection/connection-options.js'
import type { ConnectionOf } from './connection/connection-parts.js'
import { dispatch, emitLocal, getStatus, request } from './connection/event-exchange.js'
import { createResponseStarts, missingStart, type ResponseStarts, takeEarly } from './connection/response-starts.js'
import {
  type Capability,
  codecOf,
  createSpokenDialect,
  lacks,
  reportLack,
  type SpokenDialect,
  sessionMsOf,
  takeReports,
} from './dialect.js'
import {
  createExpiryTimer,
  type ExpiryHandlers,
  type ExpiryTimer,
  startExpiryTimer,
  stopExpiryTimer,
} from './expiry.js'
import { createInputAudio } from './input-audio.js'
import { createItems } from './items.js'
import { type SessionConfigInput, type UpdateOptions, withDefaults } from './options.js'
import {
  createInterruption,
  type InterruptionHandler,
  type InterruptOptions,
  interrupt,
  receiveAudio,
  receiveForInterruption,
  stopFollowingAudio,
} from './playback/interruption.js'
import { recordTruncated } from './playback/played-transcript.js'
import {
  createPlaybackTracker,
  cutPlayback,
  type PlaybackTracker,
  playbackOf,
  playingItemIds,
  progressOf,
} from './playback/tracker.js'
import type { RealtimeSession, SessionEvents, SessionOptions } from './realtime-contract.js'
import type { Responses } from './responses/options.js'
import {
  endResponses,
  holdResponses,
  loseResponses,
  receiveContent,
  receiveForResponses,
  receiveInvalidForResponses,
  resumeResponses,
} from './responses/response-events.js'
import { createResponses } from './responses/scheduler.js'
import { whenSettled } from './responses/settled.js'
import { restoreHistory } from './restore/history.js'
import { acknowledgedConfig } from './restore/merge-config.js'
import { createPendingTurns, loseTurns, type PendingTurns, receiveForTurns } from './restore/pending-turns.js'
import {
  createRotation,
  isIgnored,
  isUnsettled,
  type Rotation,
  rotateNow,
  rotateSession,
  stopRotation,
} from './restore/rotation.js'
import { startOf } from './restore/snapshot.js'
import { createRequests } from './send-message.js'
import { connectStages, type DeliverEvent, type Stage, type StageChain } from './stage.js'
import { connectionLost } from './state/connection-lost.js'
import { expectAtFront } from './state/conversation.js'
import { awaitsOutput, selectItems } from './state/select.js'
import type { SessionState } from './state/state.js'
import {
  applyEvent,
  createStateStore,
  readableStateOf,
  readState,
  type StateStore,
  setState,
} from './state/state-store.js'
import { surfaceOf } from './surface.js'
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
  const { clock, transport } = settings
  const parts = {} as { -readonly [Name in keyof SessionParts]: SessionParts[Name] }
  const store = createStateStore(startOf(options as unknown as SessionOptions))
  parts.transport = transport
  parts.maxWaitingAudioBytes = settings.maxWaitingAudioBytes
  parts.isJoined = transport.session === 'joined'
  parts.isConfigured = false
  parts.store = store
  parts.stages = options.stages ?? []
  parts.starts = createResponseStarts()
  parts.spoken = createSpokenDialect({
    transport,
    dialect: options.dialect,
    warn: (event) => emitLocal(connection, 'warning', event),
    dispatch: (event) => dispatch(connection, event),
  })
  const connection = createConnection<Sendable<ClientEvent>, ServerEvent, SessionEvents, SessionParts>({
    handlers,
    session: parts,
    ...settings,
  })
  parts.connection = connection

  const tracker = createPlaybackTracker()
  parts.tracker = tracker
  const responses = createResponses({
    connection,
    store,
    responseTimeoutMs: options.responseTimeoutMs ?? 120_000,
    whenSettled: (handle) => whenSettled(handle, parts),
  })
  parts.responses = responses
  parts.interruption = createInterruption(parts)
  parts.pendingTurns = createPendingTurns(connection.requests, store)
  parts.rotation = createRotation(connection, parts.pendingTurns)
  parts.expiry = createExpiryTimer<SessionParts>(clock, options.lifetime ?? {}, expiryHandlers, parts)

  async function update(change: DeepReadonly<Config>, { temporary = false, ...wait }: UpdateOptions = {}) {
    const answer = await request(connection, updateOf(change as DeepReadonly<SessionConfigInput>, temporary), wait)
    return (answer as SessionUpdatedEvent).session
  }

  // Spread last: with keys after a spread, V8 gives each object a hidden class of its own, which makes all access to sessions slow.
  const session = {
    update,
    lacks: (capability: Capability) => lacks(parts.spoken, capability),
    dispatch: (event: ServerEvent) => dispatch(connection, event),
    rotate: () => rotateSession(parts.rotation),
    interrupt: (options?: InterruptOptions) =>
      getStatus(connection) === 'closed' ? undefined : interrupt(parts.interruption, options),
    playback: playbackOf(tracker),
    items: createItems(connection),
    audio: createInputAudio(connection),
    ...createRequests(connection, responses, (handle) => emitLocal(connection, 'requested', handle)),
    ...surfaceOf<ClientEvent, ServerEvent, SessionEvents, SessionState>(connection, readableStateOf(store)),
  }
  return addBufferedAmount(session, transport)
}

const addBufferedAmount = /* @__PURE__ */ createSharedGetter(
  'bufferedAmount',
  (transport: Transport) => transport.bufferedAmount,
)

/** The parts of a realtime session. Its functions are shared by all sessions, so each of them receives the parts. */
interface SessionParts {
  readonly transport: Transport
  readonly connection: ConnectionOf<Sendable<ClientEvent>, ServerEvent, SessionEvents>
  readonly store: StateStore
  readonly responses: Responses
  readonly tracker: PlaybackTracker
  readonly interruption: InterruptionHandler
  readonly pendingTurns: PendingTurns
  readonly starts: ResponseStarts
  readonly spoken: SpokenDialect
  readonly rotation: Rotation
  readonly expiry: ExpiryTimer
  readonly stages: readonly Stage[]
  readonly maxWaitingAudioBytes: number
  /** Whether the session on the server exists already. */
  readonly isJoined: boolean
  isConfigured: boolean
  stageChain: StageChain | undefined
}

const handlers: ConnectionHandlers<Sendable<ClientEvent>, ServerEvent, SessionParts> = {
  getCodec: ({ spoken }) => codecOf(spoken),
  complete: completeEvent,
  startBefore: (event, { starts }) => missingStart(starts, event),
  connectStages(deliver, parts) {
    const { stages, store, transport } = parts
    if (stages.length === 0) return undefined
    const { audio } = transport
    parts.stageChain = connectStages(stages, { audio, getSession: () => store.state.session }, deliver as DeliverEvent)
    return parts.stageChain
  },
  unsettledAudioBytes({ isJoined, store, pendingTurns, maxWaitingAudioBytes }) {
    // A joined session keeps its input buffer when this connection is lost.
    return isJoined ? 0 : unsettledAudioBytes(store.state, pendingTurns, maxWaitingAudioBytes)
  },
  async configure(handshake, parts) {
    const { spoken, store, isJoined, isConfigured } = parts
    takeReports(spoken)
    // An empty update makes a joined session report its configuration, which it keeps when this connection is lost.
    const change = isJoined && isConfigured ? {} : readState(store).config
    // It contains temporary changes, and otherwise nothing new.
    if (change || isJoined) await handshake.request(updateOf(change ?? {}, true))
    parts.isConfigured = true
  },
  async restore(handshake, { isJoined, spoken, store, transport }) {
    if (isJoined) return { itemIds: selectItems(readState(store)).map(({ id }) => id), lost: [] }
    const restored = await restoreHistory(handshake, store, transport.audio)
    const untranslated = takeReports(spoken)
    return untranslated.length > 0 ? { ...restored, untranslated } : restored
  },
  beforeSend(event, { stageChain, store }) {
    stageChain?.send(event as ClientEvent)
    if (event.type !== 'conversation.item.create' || event.previous_item_id !== 'root') return
    const { id } = event.item
    const state = readState(store)
    if (id) setState(store, { ...state, conversation: expectAtFront(state.conversation, id) })
  },
  receive(event, acknowledged, parts) {
    const { connection, responses, interruption, starts, spoken } = parts
    if (isIgnored(parts.rotation, event)) return true
    const isFirst = parts.isJoined && !parts.isConfigured && event.type === 'session.updated'
    if (event.type === 'session.created' || isFirst)
      startExpiryTimer(parts.expiry, event.session.expires_at, sessionMsOf(spoken))
    const status = getStatus(connection)
    receiveForTurns(parts.pendingTurns, event)
    if (event.type !== 'error')
      applyEvent(parts.store, event, (state) => withConfig(withPlayedText(state, event, parts), acknowledged))
    // A subscriber may have closed the session or dropped the connection, and with it everything that this event is about.
    const statusAfter = getStatus(connection)
    if (status === 'open' && statusAfter !== 'open' && statusAfter !== 'closing') return false
    receiveForInterruption(interruption, event)
    const isHandled = receiveForResponses(responses, event)
    if (event.type === 'response.created')
      for (const early of takeEarly(starts, event.response.id)) receiveForResponses(responses, early)
    return isHandled
  },
  receiveDelta(event, { rotation, interruption, responses, store }) {
    if (isIgnored(rotation, event)) return true
    if (event.type === 'response.output_audio.delta') receiveAudio(interruption, event)
    else applyEvent(store, event)
    receiveContent(responses, event)
    return false
  },
  receiveInvalid(event, acknowledged, { store, responses }) {
    // The server has applied the change, even if its acknowledgement cannot be used.
    if (event.type === 'session.updated') setState(store, withConfig(readState(store), acknowledged))
    receiveInvalidForResponses(responses, event)
  },
  receiveUnknown({ type }, { spoken }) {
    if (/^response\.(text|audio)/.test(type)) reportLack(spoken, 'dialect', betaHint)
  },
  onStatus(status, reconnect, parts) {
    const { store, responses, expiry } = parts
    // Features configure the session when it opens, before the responses that were requested meanwhile.
    if (status === 'connecting') holdResponses(responses)
    if (status === 'idle') {
      // After a failed `connect()` there is no server session that could expire.
      stopExpiryTimer(expiry)
      parts.isConfigured = false
    }
    setState(store, { ...readState(store), status, reconnect })
  },
  afterStatus(status, { responses }) {
    // After the listeners, whose results go first. In `idle`, responses that wait are rejected.
    if (status === 'open' || status === 'idle') resumeResponses(responses)
  },
  onConnectionLost(status, reconnect, parts) {
    const { isJoined, store, responses, tracker, interruption, expiry, pendingTurns } = parts
    // A joined session continues without this connection, and so does its time limit.
    if (!isJoined) stopExpiryTimer(expiry)
    loseTurns(pendingTurns)
    cutPlayback(tracker)
    stopFollowingAudio(interruption)
    loseResponses(responses)
    setState(store, { ...connectionLost(readState(store)), status, reconnect })
  },
  onClose(close, { store, responses, expiry, rotation }) {
    stopExpiryTimer(expiry)
    stopRotation(rotation)
    endResponses(responses, close.initiator === 'client' ? 'session_closed' : 'connection_lost')
    setState(store, { ...connectionLost(readState(store)), status: 'closed', reconnect: undefined })
    removeListeners(store.listeners)
  },
}

const expiryHandlers: ExpiryHandlers<SessionParts> = {
  isQuiet({ store, rotation, tracker }) {
    const state = readState(store)
    if (isUnsettled(rotation)) return false
    const isTalking = state.responses.activeId !== undefined || state.inputAudio.isSpeaking
    return !isTalking && playingItemIds(tracker).length === 0 && !awaitsOutput(state)
  },
  onExpiring: (event, { connection }) => emitLocal(connection, 'expiring', event),
  rotate({ isJoined, rotation }) {
    // A joined session belongs to another client.
    if (!isJoined) void rotateNow(rotation)
  },
}

/** If the client plays the audio, the tracker knows which words a truncation leaves. */
function withPlayedText(state: SessionState, event: ServerEvent, { transport, tracker }: SessionParts): SessionState {
  if (event.type !== 'conversation.item.truncated' || transport.audio === 'media') return state
  return recordTruncated(state, event, progressOf(tracker, event.item_id))
}

function withConfig(state: SessionState, acknowledged: readonly Sendable<ClientEvent>[]): SessionState {
  if (acknowledged.length === 0) return state
  const lasting = acknowledged.filter((event) => !(temporaryMark in event))
  const config = acknowledgedConfig(state.config, acknowledged, 'realtime')
  const lastingConfig = acknowledgedConfig(state.lastingConfig, lasting, 'realtime')
  const isSame = config === state.config && lastingConfig === state.lastingConfig
  return isSame ? state : { ...state, config, lastingConfig }
}

/** Marks updates that snapshots leave out. JSON does not contain it. */
const temporaryMark = Symbol('temporary')

function updateOf(config: DeepReadonly<SessionConfigInput>, isTemporary: boolean): ClientEvent {
  const mark = isTemporary ? { [temporaryMark]: true } : {}
  return { ...mark, type: 'session.update', session: { ...(config as SessionConfigInput), type: 'realtime' } }
}

const betaHint = 'The server sends events of the beta; pass `dialect: beta` of realtime-primitives/dialects.'
