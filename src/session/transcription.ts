import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { SessionUpdatedEvent } from '../protocol/events/session.js'
import type { ServerEvent, ServerEventMap } from '../protocol/server-events.js'
import type { TranscriptionSession as Resource, TranscriptionSessionConfig } from '../protocol/transcription-session.js'
import { completeEvent } from './connection/complete-event.js'
import { createConnection } from './connection/connection.js'
import { dispatch, emitLocal, request } from './connection/event-exchange.js'
import { codecOf, createSpokenDialect, type Dialect } from './dialect.js'
import { isSessionError } from './error.js'
import type { LocalEvents, ReceivedEventMap } from './events.js'
import { closedError, createGracefulClose } from './graceful-close.js'
import { createInputAudio, type InputAudio } from './input-audio.js'
import { createInputProgress } from './input-progress.js'
import { type RequestOptions, type SharedOptions, type WaitOptions, withDefaults } from './options.js'
import { acknowledgedConfig } from './restore/merge-config.js'
import { selectSegments } from './state/select.js'
import {
  failOpenSegments,
  initialTranscription,
  isSettled,
  reduceTranscription,
  type TranscriptionState,
  type TranscriptSegment,
} from './state/transcription.js'
import { createStore } from './store.js'
import { type CoreSurface, surfaceOf } from './surface.js'
import { detectsTurns, isTurnDetectionOff } from './turn-detection.js'
import { withTimeout } from './with-timeout.js'

const nothingToCommit = 'input_audio_buffer_commit_empty'

/** Options of {@link createTranscriptionSession}. */
export interface TranscriptionOptions extends SharedOptions {
  /** Configuration that is sent and acknowledged before `connect()` resolves. The session adds `type`. */
  config?: Omit<TranscriptionSessionConfig, 'type'>
  /**
   * Dialect of the server, which replaces that of the transport.
   * @defaultValue the dialect of the transport
   */
  dialect?: Dialect<object> | undefined
}

/** Events of a transcription session. */
export interface TranscriptionEvents extends ReceivedEventMap<ServerEventMap>, LocalEvents {}

/** A session that transcribes audio and creates no responses. */
export interface TranscriptionSession
  extends CoreSurface<ClientEvent, ServerEvent, TranscriptionEvents>,
    ReadableStore<TranscriptionState> {
  /** Changes the given fields of the configuration. Resolves with the configuration that is in force. */
  update(config: Omit<TranscriptionSessionConfig, 'type'>, options?: RequestOptions): Promise<DeepReadonly<Resource>>
  /** The audio input. */
  readonly audio: InputAudio
  /**
   * Closes the session once the server has accounted for all audio that was appended: commits what belongs to no turn yet, waits until every
   * turn is transcribed or has failed, and closes. Resolves with the turns. It may be called while the session connects or reconnects, and it
   * survives a drop: after the restore it starts over. Turns that were committed before the drop and not transcribed have failed.
   *
   * While it runs, `audio.append` throws. Concurrent calls share one attempt. If it rejects while the session is open, the session accepts
   * audio again, and `finish` may be called again.
   *
   * Audio that a `dropped` event reported never reached the server and is in no turn.
   * @throws {SessionError} `NOT_CONNECTED` before `connect`, or when `connect` fails meanwhile; `TIMEOUT` when one of its steps (connection,
   * acknowledgements, the last transcript) takes longer than `timeoutMs`; `SERVER_ERROR` when the server refuses the commit;
   * `CONNECTION_LOST` when the connection drops again and again; `CLOSED` or `EXPIRED` when the session closes first.
   */
  finish(options?: RequestOptions): Promise<readonly TranscriptSegment[]>
}

/**
 * Creates a transcription session. It does nothing before `connect()`.
 *
 * @example
 * ```ts
 * const session = createTranscriptionSession({ transport: webSocket({ apiKey, intent: 'transcription' }) })
 * await session.connect()
 * session.audio.append(pcm16)
 * const segments = await session.finish()
 * ```
 */
export function createTranscriptionSession(options: TranscriptionOptions): TranscriptionSession {
  const settings = withDefaults(options)
  const { clock, maxWaitingAudioBytes } = settings
  let { config } = options
  let lostItemIds: readonly string[] = []
  const store = createStore(initialTranscription)
  const progress = createInputProgress(() => (store.getState().session?.audio?.input ?? config?.audio?.input)?.format)
  const spoken = createSpokenDialect({
    transport: settings.transport,
    dialect: options.dialect,
    warn: (event) => emitLocal(connection, 'warning', event),
    dispatch: (event) => dispatch(connection, event),
  })
  const connection = createConnection<Sendable<ClientEvent>, ServerEvent, TranscriptionEvents>({
    ...settings,
    session: undefined,
    handlers: {
      getCodec: () => codecOf(spoken),
      complete: completeEvent,
      onAudioSent: progress.recordSent,
      unsettledAudioBytes() {
        const unsettled = progress.unsettledBytes()
        const { session, inputAudio } = store.getState()
        // With turn detection, audio outside of turns is silence, which may be dropped without a report.
        const isSilence = detectsTurns(session) && !inputAudio.isSpeaking
        return isSilence ? Math.min(unsettled, maxWaitingAudioBytes) : unsettled
      },
      emptiesInputBuffer: (event) => !progress.isDetectedTurn(event),
      configure: async (handshake) => {
        if (config) await handshake.request({ type: 'session.update', session: { type: 'transcription', ...config } })
      },
      async restore() {
        // Each is reported once. No transcript of it will arrive.
        const lost = lostItemIds.map((itemId) => ({ itemId, reason: 'no transcript' as const }))
        return { itemIds: [], lost }
      },
      onConnectionLost(status, reconnect) {
        const open = segments().filter((segment) => !isSettled(segment))
        lostItemIds = [...lostItemIds, ...open.map(({ itemId }) => itemId)]
        store.setState({ ...failOpenSegments(store.getState()), status, reconnect })
      },
      beforeSend(event) {
        if (event.type === 'input_audio_buffer.commit' || event.type === 'input_audio_buffer.clear')
          progress.recordCut()
      },
      receive(event, acknowledged) {
        config = acknowledgedConfig(config, acknowledged, 'transcription')
        progress.receive(event)
        store.setState(reduceTranscription(store.getState(), event))
        return false
      },
      receiveInvalid(event, acknowledged) {
        if (event.type === 'session.updated') config = acknowledgedConfig(config, acknowledged, 'transcription')
      },
      onStatus(status, reconnect) {
        store.setState({ ...store.getState(), status, reconnect })
        if (status === 'open') lostItemIds = []
      },
      onClose() {
        store.setState({ ...store.getState(), status: 'closed', reconnect: undefined })
        store.release()
      },
    },
  })
  const input = createInputAudio(connection)

  async function update(
    change: Omit<TranscriptionSessionConfig, 'type'>,
    wait?: RequestOptions,
  ): Promise<DeepReadonly<Resource>> {
    const answer = await request(
      connection,
      { type: 'session.update', session: { type: 'transcription', ...change } },
      wait,
    )
    return (answer as SessionUpdatedEvent).session as Resource
  }

  const segments = () => selectSegments(store.getState())

  /** Returns whether the server detects turns. A server that does not report the setting uses the requested one. */
  function hasTurnDetection(): boolean {
    const { session } = store.getState()
    return detectsTurns(session) || (!isTurnDetectionOff(session) && detectsTurns(config))
  }

  /** Whether the server has nothing more to transcribe. */
  function isComplete(): boolean {
    if (progress.hasOpenTurn) return false
    // Without a transcription model no transcript follows.
    if (store.getState().session?.audio?.input?.transcription === null) return true
    return store.getState().segments.every((piece) => piece.every(isSettled))
  }

  async function commitRest(wait: WaitOptions): Promise<void> {
    try {
      await input.commit(wait)
    } catch (error) {
      if (!isSessionError(error, 'SERVER_ERROR') || error.data.error.code !== nothingToCommit) throw error
      progress.dropOpenTurn()
    }
  }

  /** Waits until the server has read everything that was sent: it handles events in order, and this update changes nothing. */
  async function synchronize(wait: WaitOptions): Promise<void> {
    try {
      await request(connection, { type: 'session.update', session: { type: 'transcription' } }, wait)
    } catch (error) {
      // A refusal comes after everything before it, too.
      if (!isSessionError(error, 'SERVER_ERROR')) throw error
    }
  }

  function transcribed(wait: WaitOptions): Promise<void> {
    return withTimeout<void>(clock, wait, 'the last transcript', (resolve, reject) => {
      const check = () => {
        if (isComplete()) resolve()
      }
      connection.closed.then((close) => reject(closedError(close)))
      const unsubscribe = store.subscribe(check)
      check()
      return unsubscribe
    })
  }

  const { finish, assertAccepting } = createGracefulClose({
    connection,
    async complete(wait) {
      // With turn detection, silence behind the last turn must not become a turn. Only the server knows whether it is silence.
      if (hasTurnDetection()) await synchronize(wait)
      const isUndetected = store.getState().inputAudio.isSpeaking || progress.mayHoldSpeech
      if (!hasTurnDetection() || isUndetected) await commitRest(wait)
      await transcribed(wait)
      return segments()
    },
  })

  const audio: InputAudio = {
    ...input,
    append(sound) {
      assertAccepting()
      input.append(sound)
      progress.recordAppended(sound)
    },
  }

  return {
    update,
    audio,
    finish,
    ...surfaceOf<ClientEvent, ServerEvent, TranscriptionEvents, TranscriptionState>(connection, store),
  }
}
