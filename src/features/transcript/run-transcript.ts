import { createEmitter } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import { cutTranscript } from '../../session/playback/played-transcript.js'
import type { PlaybackProgress } from '../../session/playback/tracker.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { at, type Chunks, findLast } from '../../session/state/chunks.js'
import { hasId } from '../../session/state/id-set.js'
import { partsOf, textOf } from '../../session/state/item.js'
import { flattenOnce } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'
import { watchAssistantSpeech } from './assistant-speech.js'
import { type Timing, type TranscriptLine, unknownTiming } from './line.js'
import { createLines } from './lines.js'

/** The part of a session that {@link runTranscript} needs. */
export type TranscribedSession = Pick<RealtimeSession, 'on' | 'getState' | 'subscribe' | 'playback' | 'clock'>

/** Options of {@link runTranscript}. */
export interface TranscriptOptions {
  /**
   * Receives each line that is new or changed, several times while it forms. Use it for captions. With it, lines are built on each change of
   * the session instead of when the transcript is read.
   */
  onLine?: (line: TranscriptLine) => void
}

/** The transcript so far. It is immutable, and unchanged parts stay the same objects. */
export interface TranscriptState {
  /** The lines in the order of the conversation, in chunks. `selectLines` returns them as one array. */
  readonly lines: Chunks<TranscriptLine>
  /** Who is speaking now. The assistant speaks until its audio was played, which is longer than the response runs. */
  readonly speaking: { readonly user: boolean; readonly assistant: boolean }
}

/** A running transcript. After `stop()`, the lines so far stay readable. */
export interface Transcript extends Stoppable, ReadableStore<TranscriptState> {
  /**
   * Returns the words of a line that were played so far: an estimate, in proportion to the played time. It needs a player that reports to
   * `session.playback`. Returns `undefined` for an unknown line and for one without audio.
   */
  played(id: string): string | undefined
}

interface TranscriptEvents {
  change: undefined
  line: TranscriptLine
}

/**
 * Keeps the transcript of a conversation: the messages of the user and the assistant, and how much of them was played, in the order of the
 * conversation. It includes the history that exists already, and excludes out-of-band responses.
 *
 * Lines are built when the transcript is read, or on each change while it has a subscriber or `onLine`.
 *
 * @example
 * ```ts
 * const transcript = runTranscript(session)
 * transcript.subscribe(() => render(selectLines(transcript.getState())))
 * ```
 */
export function runTranscript(session: TranscribedSession, options: TranscriptOptions = {}): Transcript {
  const { onLine } = options
  const { clock } = session
  const originMs = clock.now()
  const lines = createLines()
  // The emitter reports what a listener throws, so that neither the transcript nor the next listener fails.
  const emitter = createEmitter<TranscriptEvents>()
  let isAssistantSpeaking = false
  let isStopped = false
  const serverState: TranscriptState = { lines: [], speaking: { user: false, assistant: false } }
  let state = serverState
  /** The state at the last notification. */
  let notified = state
  /** Lines that `onLine` has not received yet. */
  let unreported: TranscriptLine[] = []
  let listeners = 0
  let stopFollowing: (() => void) | undefined

  const sinceOrigin = (ms: number) => Math.round(ms - originMs)

  function getState(): TranscriptState {
    if (isStopped) return state
    const { inputAudio, conversation } = session.getState()
    const { all, changed } = lines.update(conversation)
    if (onLine && changed.length > 0) unreported.push(...changed)
    const { user, assistant } = state.speaking
    const isSame = user === inputAudio.isSpeaking && assistant === isAssistantSpeaking
    const speaking = isSame ? state.speaking : { user: inputAudio.isSpeaking, assistant: isAssistantSpeaking }
    if (all !== state.lines || !isSame) state = { lines: all, speaking }
    return state
  }

  /** Notifies listeners if the transcript has changed. Without listeners, nothing is built. */
  function refresh(): void {
    if (listeners === 0 || isStopped) return
    getState()
    if (state !== notified) {
      notified = state
      emitter.emit('change', undefined)
    }
    const changed = unreported
    unreported = []
    for (const line of changed) emitter.emit('line', line)
  }

  /** Adds a listener. The first one makes the transcript follow each change of the session. */
  function listen<K extends keyof TranscriptEvents>(
    type: K,
    listener: (event: TranscriptEvents[K]) => void,
  ): () => void {
    if (isStopped) return () => {}
    if (listeners++ === 0) {
      notified = getState()
      stopFollowing = session.subscribe(refresh)
    }
    const off = emitter.on(type, listener)
    let isActive = true
    return () => {
      if (!isActive) return
      isActive = false
      off()
      if (--listeners === 0) stopFollowing?.()
    }
  }

  function setTiming(itemId: string, timing: Partial<Timing>): void {
    lines.setTiming(itemId, { ...(lines.getTiming(itemId) ?? unknownTiming), ...timing })
    refresh()
  }

  /** The user's turn that is being spoken. */
  let speech: { readonly itemId: string; readonly audioStartMs: number } | undefined
  const subscriptions = [
    session.on('input_audio_buffer.speech_started', ({ item_id, audio_start_ms }) => {
      speech = audio_start_ms == null ? undefined : { itemId: item_id, audioStartMs: audio_start_ms }
      setTiming(item_id, { startMs: sinceOrigin(clock.now()) })
    }),
    session.on('input_audio_buffer.speech_stopped', ({ item_id, audio_end_ms }) => {
      const endMs = sinceOrigin(clock.now())
      if (speech?.itemId !== item_id || audio_end_ms == null) {
        setTiming(item_id, { endMs })
        return
      }
      // The start is reported with a delay that varies. The end minus the duration of the speech is more exact.
      setTiming(item_id, { startMs: Math.max(0, endMs - Math.max(0, audio_end_ms - speech.audioStartMs)), endMs })
    }),
    session.on('conversation.item.deleted', ({ item_id }) => lines.forget(item_id)),
    watchAssistantSpeech(session, {
      onSpeaking(isSpeaking) {
        isAssistantSpeaking = isSpeaking
        refresh()
      },
      onStart: (itemId, ms) => setTiming(itemId, { startMs: sinceOrigin(ms) }),
      onEnd(itemId, ms) {
        const endMs = sinceOrigin(ms)
        const { startMs } = lines.getTiming(itemId) ?? unknownTiming
        // Audio that was cancelled while it waited behind that of another item was not played.
        setTiming(itemId, { startMs: startMs === undefined ? undefined : Math.min(startMs, endMs), endMs })
      },
    }),
  ]
  if (onLine) {
    listen('line', onLine)
    refresh()
  }

  return asStoppable({
    getState,
    getServerState: () => serverState,
    subscribe: (listener: () => void) => listen('change', listener),
    played(id: string): string | undefined {
      const { ids, items } = session.getState().conversation
      const place = hasId(ids, id) ? findLast(items, (item) => item.id === id) : undefined
      const item = place && at(items, place)
      return item && playedTextOf(item, session.playback.progress(id))
    },
    stop() {
      if (isStopped) return
      getState()
      isStopped = true
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
      stopFollowing?.()
      emitter.clear()
    },
  })
}

/**
 * Returns the lines in order. It is the same array as long as no line changed.
 *
 * @example
 * ```ts
 * for (const { speaker, text } of selectLines(transcript.getState())) console.log(speaker, text)
 * ```
 */
export function selectLines(state: Pick<TranscriptState, 'lines'>): readonly TranscriptLine[] {
  return flattenOnce(state.lines)
}

function playedTextOf(state: ItemState, parts: readonly PlaybackProgress[]): string | undefined {
  if (state.playedText !== undefined) return state.playedText
  const { item } = state
  if (parts.length === 0 || item.type !== 'message' || !('content' in item)) return undefined
  const content = partsOf(item)
  const words = parts.map((part) => cutTranscript(textOf(content[part.contentIndex], 'transcript'), part))
  return words.filter((text) => text !== '').join(' ')
}
