import { translationCodec } from '../protocol/codec.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type {
  TranslationClientEvent,
  TranslationServerEvent,
  TranslationServerEventMap,
} from '../protocol/translation-events.js'
import type { TranslationSession as Resource, TranslationSessionConfig } from '../protocol/translation-session.js'
import { createCore } from './core.js'
import type { LocalEvents, SessionStatus } from './events.js'
import { createFarewell } from './farewell.js'
import { assertTakesAudio, createPayload, type Sound } from './input-audio.js'
import { mergeConfig } from './merge-config.js'
import { type RequestOptions, type SharedOptions, type WaitOptions, withDefaults } from './options.js'
import { createStore } from './store.js'
import { type CoreSurface, surfaceOf } from './surface.js'

/** Options of {@link createTranslationSession}. */
export interface TranslationOptions extends SharedOptions {
  /** The configuration that is sent, and must be acknowledged, before `connect` resolves. */
  config?: TranslationSessionConfig
}

/** An immutable picture of a translation session. */
export interface TranslationState {
  readonly status: SessionStatus
  /** What the server last said of the session. */
  readonly session: Resource | undefined
  /** What was said, in its own language, when transcription is on. */
  readonly input: string
  /** What was said, translated. */
  readonly output: string
  /** How far the translation has come, in milliseconds of what was heard. */
  readonly elapsedMs: number
}

/** What a translation session tells its listeners. */
export interface TranslationEvents extends TranslationServerEventMap, LocalEvents {}

/** A session that translates speech while it is spoken. */
export interface TranslationSession
  extends CoreSurface<TranslationClientEvent, TranslationServerEvent, TranslationEvents> {
  /** The session as it stands, immutable. */
  getState(): TranslationState
  /** Calls the listener after each change of the state; the answer undoes it. */
  subscribe(listener: () => void): () => void
  /** Changes the configuration. Resolves with the configuration that is in force. */
  update(config: TranslationSessionConfig, options?: RequestOptions): Promise<Resource>
  /** What the server hears: 24 kHz mono PCM16, as bytes, samples or base64. */
  readonly audio: {
    append(audio: Sound): void
    /** Resolves when all that was appended has left the session and the transport has room: the pace of a sender that must not drop anything. */
    drained(options?: WaitOptions): Promise<void>
  }
  /**
   * Ends the session without losing a word: the server translates what it has heard, says so, and the session closes.
   * No more sound is taken. It happens once: further calls share the outcome.
   * @throws {SessionError} `TIMEOUT` when that takes longer than `timeoutMs`, `CLOSED` when the server ends the session first.
   */
  finish(options?: RequestOptions): Promise<void>
}

/**
 * A translation session over any transport, such as `webSocket({ apiKey, model: 'gpt-realtime-translate', service: 'translations' })`.
 */
export function createTranslationSession(options: TranslationOptions): TranslationSession {
  const settings = withDefaults(options)
  let { config } = options
  const store = createStore<TranslationState>({
    status: 'idle',
    session: undefined,
    input: '',
    output: '',
    elapsedMs: 0,
  })
  // A new session of the server counts from 0; what was translated before stays.
  let beforeMs = 0
  // What left on this connection, and whether the server has said anything of it.
  let sentMs = 0
  let sentBytes = 0
  let hasSpoken = false
  const core = createCore<Sendable<TranslationClientEvent>, TranslationServerEvent, TranslationEvents>({
    ...settings,
    codec: translationCodec,
    unsettledAudioBytes(frame) {
      if (frame) {
        sentMs += soundMs(frame)
        sentBytes += frame.length
      }
      const heardMs = store.getState().elapsedMs - beforeMs
      // What the server has come to, told twice, would be said twice; if it does not say how far that is, it may be all.
      if (hasSpoken && heardMs === 0) return 0
      return Math.min(settings.maxWaitingAudioBytes, Math.ceil(sentBytes * Math.max(0, 1 - heardMs / sentMs)))
    },
    configure: async (link) => {
      if (config) await link.request({ type: 'session.update', session: config })
    },
    restore: async () => ({ itemIds: [], lost: [] }),
    onLost: () => {},
    sent: () => {},
    receive(event) {
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
    receiveInvalid: () => {},
    onStatus: (status) => store.setState({ ...store.getState(), status }),
    onClose: store.release,
  })

  async function update(session: TranslationSessionConfig, wait?: RequestOptions): Promise<Resource> {
    const answer = await core.request({ type: 'session.update', session }, wait)
    // Only what the server took is told to the next one.
    config = mergeConfig(config ?? {}, session)
    return (answer as { session: Resource }).session
  }

  const payloadOf = createPayload()
  const farewell = createFarewell(async (wait) => {
    await core.request({ type: 'session.close' }, wait)
    await core.close()
  })

  return {
    ...surfaceOf(core, store),
    update,
    audio: {
      append(audio) {
        farewell.assertNotBegun()
        assertTakesAudio(core, settings.transport)
        core.post({ type: 'session.input_audio_buffer.append', audio: payloadOf(audio) })
      },
      drained: core.drained,
    },
    finish: farewell.finish,
  }
}

/** The state after an event. `beforeMs` is what earlier sessions of the server had translated: each counts from 0. */
function reduceTranslation(state: TranslationState, event: TranslationServerEvent, beforeMs: number): TranslationState {
  const heardMs = 'elapsed_ms' in event ? beforeMs + Number(event.elapsed_ms ?? 0) : 0
  const elapsedMs = Math.max(state.elapsedMs, heardMs)
  switch (event.type) {
    case 'session.created':
      // The words of another session do not go on in the middle of the last one's.
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

/** How much sound a frame carries, in milliseconds of 24 kHz PCM16. */
function soundMs(frame: string): number {
  const audio = /"audio":"([^"=]*)/.exec(frame)?.[1] ?? ''
  return Math.floor((audio.length * 3) / 4) / 48
}

const apart = (text: string) => (/\S$/.test(text) ? `${text} ` : text)
