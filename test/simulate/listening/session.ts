import type { Clock } from '../../../src/internal/clock.js'
import type { SessionStatus } from '../../../src/session/events.js'
import type { SessionClose, WaitOptions } from '../../../src/session/options.js'
import { selectSegments } from '../../../src/session/state/select.js'
import { createTranscriptionSession } from '../../../src/session/transcription.js'
import { createTranslationSession } from '../../../src/session/translation.js'
import type { Transport } from '../../../src/transports/transport.js'

/** What transcription and translation sessions have in common, so that one world simulates both. */
export interface ListeningSession {
  connect(options: { signal: AbortSignal }): Promise<void>
  append(audio: Int16Array): void
  drained(options: WaitOptions): Promise<void>
  finish(options: WaitOptions): Promise<unknown>
  /** Changes the configuration to one of two values. */
  update(options: WaitOptions): Promise<unknown>
  close(): Promise<void>
  readonly closed: Promise<SessionClose>
  readonly status: SessionStatus
  /** Transcripts so far, in order. */
  readonly transcripts: readonly Transcript[]
  /** Position of a translation in the speech of the user, in milliseconds. */
  readonly positionMs: number
  /** Members that only transcription sessions have. */
  commit?(options: WaitOptions): Promise<unknown>
  clear?(): Promise<unknown>
  waitFor(options: WaitOptions): Promise<unknown>
  events(): AsyncIterable<unknown>
  subscribe(listener: () => void): () => void
  on(type: '*', listener: (event: { readonly event_id?: unknown }) => void): () => void
  on(type: 'dropped', listener: (event: { appends: number }) => void): () => void
  on(type: 'restored', listener: (event: { droppedAppends: number }) => void): () => void
  on(type: 'close', listener: (event: SessionClose) => void): () => void
  on(type: 'error' | 'session.updated' | 'status', listener: () => void): () => void
}

export interface Transcript {
  /** The item of a transcription session. */
  readonly itemId: string | undefined
  readonly text: string
  readonly isComplete: boolean
}

export interface ListeningOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly detectsTurns: boolean
}

export function createTranscription({ transport, clock, detectsTurns }: ListeningOptions): ListeningSession {
  const turn_detection = detectsTurns ? { type: 'server_vad' as const, silence_duration_ms: 200 } : null
  const session = createTranscriptionSession({
    transport,
    clock,
    config: { audio: { input: { turn_detection, transcription: { model: 'gpt-4o-transcribe' } } } },
  })
  let updates = 0
  return {
    connect: session.connect,
    append: session.audio.append,
    drained: session.audio.drained,
    finish: session.finish,
    update(options) {
      updates += 1
      const noise_reduction = updates % 2 === 0 ? null : { type: 'near_field' as const }
      return session.update({ audio: { input: { noise_reduction } } }, options)
    },
    close: () => session.close(),
    closed: session.closed,
    get status() {
      return session.getState().status
    },
    get transcripts() {
      return selectSegments(session.getState()).map(({ itemId, text, status }) => ({
        itemId,
        text,
        isComplete: status === 'completed',
      }))
    },
    positionMs: 0,
    commit: (options) => session.audio.commit(options),
    clear: () => session.audio.clear(),
    waitFor: (options) => session.waitFor('input_audio_buffer.committed', options),
    events: () => session.events(),
    subscribe: session.subscribe,
    on: session.on as ListeningSession['on'],
  }
}

export function createTranslation({ transport, clock }: ListeningOptions): ListeningSession {
  const session = createTranslationSession({ transport, clock, config: { audio: { output: { language: 'fr' } } } })
  let updates = 0
  return {
    connect: session.connect,
    append: session.audio.append,
    drained: session.audio.drained,
    finish: session.finish,
    update(options) {
      updates += 1
      return session.update({ audio: { output: { language: updates % 2 === 0 ? 'fr' : 'de' } } }, options)
    },
    close: () => session.close(),
    closed: session.closed,
    get status() {
      return session.getState().status
    },
    get transcripts() {
      return [{ itemId: undefined, text: session.getState().output, isComplete: true }]
    },
    get positionMs() {
      return session.getState().elapsedMs
    },
    waitFor: (options) => session.waitFor('session.output_transcript.delta', options),
    events: () => session.events(),
    subscribe: session.subscribe,
    on: session.on as ListeningSession['on'],
  }
}
