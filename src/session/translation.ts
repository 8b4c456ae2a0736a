import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ReadableStore } from '../internal/readable-store.js'
import { translationCodec } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type {
  TranslationClientEvent,
  TranslationServerEvent,
  TranslationServerEventMap,
} from '../protocol/translation-events.js'
import type { TranslationSession as Resource, TranslationSessionConfig } from '../protocol/translation-session.js'
import { audioMs } from './audio-duration.js'
import { createConnection } from './connection/connection.js'
import { drained, request, sendUnacknowledged } from './connection/event-exchange.js'
import type { LocalEvents, ReceivedEventMap, ReconnectAttempt, SessionStatus } from './events.js'
import { createGracefulClose } from './graceful-close.js'
import { type AudioInput, assertTakesAudio, createPayload } from './input-audio.js'
import { type RequestOptions, type SharedOptions, type WaitOptions, withDefaults } from './options.js'
import { acknowledgedConfig } from './restore/merge-config.js'
import { createStore } from './store.js'
import { type CoreSurface, surfaceOf } from './surface.js'

/** Options of {@link createTranslationSession}. */
export interface TranslationOptions extends SharedOptions {
  /** Configuration that is sent and acknowledged before `connect()` resolves. */
  config?: TranslationSessionConfig
}

/** The state of a translation session, immutable. */
export interface TranslationState {
  readonly status: SessionStatus
  /** The upcoming attempt to connect again. `undefined` while no connection was lost. */
  readonly reconnect: ReconnectAttempt | undefined
  /** The session as the server last reported it. */
  readonly session: DeepReadonly<Resource> | undefined
  /** Transcript of the input, if transcription is configured. */
  readonly input: string
  /** Transcript of the translation. */
  readonly output: string
  /** Position of the translation in the input audio, in milliseconds. */
  readonly elapsedMs: number
}

/** Events of a translation session. */
export interface TranslationEvents
  extends ReceivedEventMap<TranslationServerEventMap>,
    LocalEvents<TranslationServerEvent> {}

/** A session that translates speech while the user speaks. */
export interface TranslationSession
  extends CoreSurface<TranslationClientEvent, TranslationServerEvent, TranslationEvents>,
    ReadableStore<TranslationState> {
  /** Changes the configuration. Resolves with the configuration that is in force. */
  update(config: TranslationSessionConfig, options?: RequestOptions): Promise<DeepReadonly<Resource>>
  /** The audio input: 24 kHz mono PCM16, as bytes, samples, or base64. */
  readonly audio: {
    append(audio: AudioInput): void
    /** Resolves when all appended audio was passed to the transport and the transport has room. Await it between appends to drop no audio. */
    drained(options?: WaitOptions): Promise<void>
  }
  /**
   * Closes the session once the server has translated all audio that was appended and has reported so (`session.closed`). It may be called
   * while the session connects or reconnects, and it survives a drop: after the restore it asks again.
   *
   * While it runs, `audio.append` throws. Concurrent calls share one attempt. If it rejects while the session is open, the session accepts
   * audio again, and `finish` may be called again. A request that has left is not withdrawn: the server may still close the session, and ignores
   * audio that was appended after the request.
   * @throws {SessionError} `NOT_CONNECTED` before `connect`, or when `connect` fails meanwhile; `TIMEOUT` when the connection or
   * `session.closed` takes longer than `timeoutMs`; `SERVER_ERROR` when the server refuses; `CONNECTION_LOST` when the connection drops again
   * and again; `CLOSED` or `EXPIRED` when the session closes first.
   */
  finish(options?: RequestOptions): Promise<void>
}

/**
 * Creates a translation session. It does nothing before `connect()`.
 *
 * @example
 * ```ts
 * const transport = webSocket({ apiKey, model: 'gpt-realtime-translate', service: 'translations' })
 * const session = createTranslationSession({ transport, config: { audio: { output: { language: 'fr' } } } })
 * session.on('session.output_transcript.delta', ({ delta }) => process.stdout.write(delta))
 * await session.connect()
 * ```
 */
export function createTranslationSession(options: TranslationOptions): TranslationSession {
  const settings = withDefaults(options)
  let { config } = options
  const store = createStore<TranslationState>({
    status: 'idle',
    reconnect: undefined,
    session: undefined,
    input: '',
    output: '',
    elapsedMs: 0,
  })
  // Positions of a new server session start at 0. The translation so far is kept.
  let beforeMs = 0
  // Audio that was sent on this connection, and whether the server has translated any of it.
  let sentMs = 0
  let sentBytes = 0
  let hasSpoken = false
  const connection = createConnection<Sendable<TranslationClientEvent>, TranslationServerEvent, TranslationEvents>({
    ...settings,
    session: undefined,
    handlers: {
      getCodec: () => translationCodec,
      onAudioSent(audioBytes, frameBytes) {
        sentMs += audioMs(audioBytes, undefined)
        sentBytes += frameBytes
      },
      unsettledAudioBytes() {
        const translatedMs = store.getState().elapsedMs - beforeMs
        // Audio that was translated already would be translated twice. A server that does not report a position may have translated all of it.
        if (hasSpoken && translatedMs === 0) return 0
        return Math.ceil(sentBytes * (sentMs > 0 ? Math.max(0, 1 - translatedMs / sentMs) : 1))
      },
      configure: async (handshake) => {
        if (config) await handshake.request({ type: 'session.update', session: config })
      },
      restore: async () => ({ itemIds: [], lost: [] }),
      onConnectionLost: (status, reconnect) => store.setState({ ...store.getState(), status, reconnect }),
      receive(event, acknowledged) {
        config = acknowledgedConfig(config, acknowledged, undefined)
        if (event.type === 'session.created') {
          beforeMs = store.getState().elapsedMs
          sentMs = 0
          sentBytes = 0
          hasSpoken = false
        }
        hasSpoken ||= event.type.endsWith('.delta')
        store.setState(reduceTranslation(store.getState(), event, beforeMs))
        return false
      },
      receiveInvalid(event, acknowledged) {
        if (event.type === 'session.updated') config = acknowledgedConfig(config, acknowledged, undefined)
      },
      onStatus: (status, reconnect) => store.setState({ ...store.getState(), status, reconnect }),
      onClose() {
        store.setState({ ...store.getState(), status: 'closed', reconnect: undefined })
        store.release()
      },
    },
  })

  async function update(session: TranslationSessionConfig, wait?: RequestOptions): Promise<DeepReadonly<Resource>> {
    const answer = await request(connection, { type: 'session.update', session }, wait)
    return (answer as { session: Resource }).session
  }

  const payloadOf = createPayload()
  const { finish, assertAccepting } = createGracefulClose<void>({
    connection,
    async complete(wait) {
      await request(connection, { type: 'session.close' }, wait)
    },
  })

  return {
    update,
    audio: {
      append(audio) {
        assertAccepting()
        assertTakesAudio(connection)
        sendUnacknowledged(connection, { type: 'session.input_audio_buffer.append', audio: payloadOf(audio) })
      },
      drained: (wait) => drained(connection, wait),
    },
    finish,
    ...surfaceOf<TranslationClientEvent, TranslationServerEvent, TranslationEvents, TranslationState>(
      connection,
      store,
    ),
  }
}

/** Returns the state after an event. `beforeMs` is the position at the start of this server session. */
function reduceTranslation(state: TranslationState, event: TranslationServerEvent, beforeMs: number): TranslationState {
  const heardMs = 'elapsed_ms' in event ? beforeMs + Number(event.elapsed_ms ?? 0) : 0
  const elapsedMs = Math.max(state.elapsedMs, heardMs)
  switch (event.type) {
    case 'session.created':
      // The transcript of a new server session does not continue the last word of the previous one.
      return { ...state, session: event.session, input: apart(state.input), output: apart(state.output) }
    case 'session.updated':
      return { ...state, session: event.session }
    case 'session.input_transcript.delta':
      return { ...state, input: state.input + event.delta, elapsedMs }
    case 'session.output_transcript.delta':
      return { ...state, output: state.output + event.delta, elapsedMs }
    case 'session.output_audio.delta':
      return { ...state, elapsedMs }
    default:
      return state
  }
}

const apart = (text: string) => (/\S$/.test(text) ? `${text} ` : text)
