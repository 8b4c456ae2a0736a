import type { ClientEvent } from '../protocol/client-events.js'
import { realtimeCodec } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { SessionUpdatedEvent } from '../protocol/events/session.js'
import type { ServerEvent, ServerEventMap } from '../protocol/server-events.js'
import type { TranscriptionSession as Resource, TranscriptionSessionConfig } from '../protocol/transcription-session.js'
import { createCore } from './core.js'
import { isSessionError, SessionError } from './error.js'
import type { LocalEvents } from './events.js'
import { createFarewell } from './farewell.js'
import { createInputAudio, type InputAudio } from './input-audio.js'
import { mergeConfig } from './merge-config.js'
import { type RequestOptions, type SharedOptions, withDefaults } from './options.js'
import { selectSegments } from './state/select.js'
import {
  initialTranscription,
  isOver,
  loseTranscription,
  reduceTranscription,
  type TranscriptionState,
  type TranscriptSegment,
} from './state/transcription.js'
import { createStore } from './store.js'
import { type CoreSurface, surfaceOf } from './surface.js'
import { within } from './within.js'

const nothingToCommit = 'input_audio_buffer_commit_empty'

/** Options of {@link createTranscriptionSession}. */
export interface TranscriptionOptions extends SharedOptions {
  /** The configuration that is sent, and must be acknowledged, before `connect` resolves. `type` is added by itself. */
  config?: Omit<TranscriptionSessionConfig, 'type'>
}

/** What a transcription session tells its listeners. */
export interface TranscriptionEvents extends ServerEventMap, LocalEvents {}

/** A session that writes down what it hears and never answers. */
export interface TranscriptionSession extends CoreSurface<ClientEvent, ServerEvent, TranscriptionEvents> {
  /** The session as it stands, immutable. */
  getState(): TranscriptionState
  /** Calls the listener after each change of the state; the answer undoes it. */
  subscribe(listener: () => void): () => void
  /** Changes the configuration; what is left out stays. Resolves with the configuration that is in force. */
  update(config: Omit<TranscriptionSessionConfig, 'type'>, options?: RequestOptions): Promise<Resource>
  /** What the server hears. */
  readonly audio: InputAudio
  /**
   * Ends the session without losing a word: commits what was not committed, waits until every turn is written down or has failed, and
   * closes. Resolves with the turns. No more sound is taken meanwhile. It happens once: further calls share the outcome.
   * @throws {SessionError} `TIMEOUT` when either takes longer than `timeoutMs`, `CLOSED` when the server ends the session first.
   */
  finish(options?: RequestOptions): Promise<readonly TranscriptSegment[]>
}

/**
 * A transcription session over any transport, such as `webSocket({ apiKey, intent: 'transcription' })`.
 */
export function createTranscriptionSession(options: TranscriptionOptions): TranscriptionSession {
  const settings = withDefaults(options)
  const { requestTimeoutMs, maxWaitingAudioBytes } = settings
  let { config } = options
  let lostItemIds: readonly string[] = []
  const store = createStore(initialTranscription)
  const core = createCore<Sendable<ClientEvent>, ServerEvent, TranscriptionEvents>({
    ...settings,
    codec: realtimeCodec,
    unsettledAudioBytes: () => maxWaitingAudioBytes,
    configure: async (link) => {
      if (config) await link.request({ type: 'session.update', session: { type: 'transcription', ...config } })
    },
    async restore() {
      // Each is reported once: its words will not come any more.
      const lost = lostItemIds.map((itemId) => ({ itemId, reason: 'no transcript' as const }))
      return { itemIds: [], lost }
    },
    onLost() {
      const open = segments().filter((segment) => !isOver(segment))
      lostItemIds = [...lostItemIds, ...open.map(({ itemId }) => itemId)]
      store.setState(loseTranscription(store.getState()))
    },
    sent: () => {},
    receive(event) {
      store.setState(reduceTranscription(store.getState(), event))
      return false
    },
    receiveInvalid: () => {},
    onStatus(status) {
      store.setState({ ...store.getState(), status })
      if (status === 'open') lostItemIds = []
    },
    onClose: store.release,
  })
  const input = createInputAudio(core, settings.transport)

  async function update(change: Omit<TranscriptionSessionConfig, 'type'>, wait?: RequestOptions): Promise<Resource> {
    const answer = await core.request({ type: 'session.update', session: { type: 'transcription', ...change } }, wait)
    // Only what the server took is told to the next one.
    config = mergeConfig(config ?? {}, change)
    return (answer as SessionUpdatedEvent).session as Resource
  }

  const segments = () => selectSegments(store.getState())
  const isWritten = () => segments().every(isOver)

  const farewell = createFarewell(async ({ signal, timeoutMs = requestTimeoutMs }: RequestOptions) => {
    const { session, inputAudio } = store.getState()
    // With turn detection, what nobody speaks in is silence, and would be a turn without words.
    if (inputAudio.isSpeaking || !session?.audio?.input?.turn_detection)
      await input.commit({ signal, timeoutMs }).catch((error) => {
        if (!isSessionError(error, 'SERVER_ERROR') || error.data.error.code !== nothingToCommit) throw error
      })
    await within<void>(settings.clock, { signal, timeoutMs }, 'the last transcript', (resolve, reject) => {
      const look = () => {
        if (isWritten()) resolve()
      }
      core.closed.then(({ code, reason }) => reject(new SessionError('CLOSED', { code, reason })))
      const undo = store.subscribe(look)
      look()
      return undo
    })
    await core.close()
    return segments()
  })

  const audio: InputAudio = {
    ...input,
    append(sound) {
      farewell.assertNotBegun()
      input.append(sound)
    },
  }

  return {
    ...surfaceOf(core, store),
    update,
    audio,
    finish: farewell.finish,
  }
}
