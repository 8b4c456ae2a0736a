import { createEmitter } from '../../internal/emitter.js'
import { heardTextOf } from '../../session/heard-text.js'
import type { Heard } from '../../session/playback.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { at, type Chunks, findLast } from '../../session/state/chunks.js'
import { hasId } from '../../session/state/id-set.js'
import { partsOf, textOf } from '../../session/state/item.js'
import { flattenOnce } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'
import { createStore } from '../../session/store.js'
import { type Timing, type TranscriptLine, unknownTiming } from './line.js'
import { createLines } from './lines.js'
import { watchSound } from './sound.js'

/** The part of a session that is transcribed. */
export type TranscribedSession = Pick<RealtimeSession, 'on' | 'getState' | 'subscribe' | 'playback' | 'clock'>

/** Options of {@link runTranscript}. */
export interface TranscriptOptions {
  /** Hears each line that is new or says something else, as captions want it; several times while it forms. */
  onLine?: (line: TranscriptLine) => void
}

/** What both sides said so far, immutable; what an event does not concern stays the same object. */
export interface TranscriptState {
  /** The lines in the order of the conversation; read them with `selectLines`. */
  readonly lines: Chunks<TranscriptLine>
  /** Who is speaking now. The assistant speaks as long as it is heard, which is longer than the response runs. */
  readonly speaking: { readonly user: boolean; readonly assistant: boolean }
}

/** Stops following the session when it is called; what was said stays readable. */
export interface Transcript {
  (): void
  getState(): TranscriptState
  /** Calls the listener after each change; the answer undoes it. */
  subscribe(listener: () => void): () => void
  /**
   * The words of a line that were heard up to now, as near as can be told: what was played goes to the words in proportion to time.
   * It needs a player that feeds `session.playback`; undefined for a line that is not spoken.
   */
  heard(id: string): string | undefined
}

/**
 * The transcript of a conversation: what both sides said and what was heard of it, in the order of the conversation, as it forms.
 * Out-of-band responses are not in it. It begins with what is there already.
 *
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
  // It guards the listener: what it throws harms neither the transcript nor the next line.
  const emitter = createEmitter<{ line: TranscriptLine }>()
  if (onLine) emitter.on('line', onLine)
  const store = createStore<TranscriptState>({ lines: [], speaking: { user: false, assistant: false } })
  let assistantSpeaks = false

  const sinceOrigin = (ms: number) => Math.round(ms - originMs)
  const conversation = () => session.getState().conversation

  function refresh(): void {
    const before = store.getState()
    const { inputAudio, conversation } = session.getState()
    const { all, changed } = lines.update(conversation)
    const isSame = before.speaking.user === inputAudio.isSpeaking && before.speaking.assistant === assistantSpeaks
    const speaking = isSame ? before.speaking : { user: inputAudio.isSpeaking, assistant: assistantSpeaks }
    if (all !== before.lines || !isSame) store.setState({ lines: all, speaking })
    for (const line of changed) emitter.emit('line', line)
  }

  function time(itemId: string, timing: Partial<Timing>): void {
    const known = lines.timing(itemId) ?? unknownTiming
    lines.time(itemId, { ...known, ...timing }, conversation())
    refresh()
  }

  /** The speech that goes on: its item, and where the server says that it began. */
  let speech: { readonly itemId: string; readonly audioStartMs: number } | undefined
  const undo = [
    session.subscribe(refresh),
    session.on('input_audio_buffer.speech_started', ({ item_id, audio_start_ms }) => {
      speech = { itemId: item_id, audioStartMs: audio_start_ms }
      time(item_id, { startMs: sinceOrigin(clock.now()) })
    }),
    session.on('input_audio_buffer.speech_stopped', ({ item_id, audio_end_ms }) => {
      if (speech?.itemId !== item_id) return
      // The end is told when it is heard, the beginning a little late: how long it was is known better.
      const endMs = sinceOrigin(clock.now())
      time(item_id, { startMs: Math.max(0, endMs - Math.max(0, audio_end_ms - speech.audioStartMs)), endMs })
    }),
    session.on('conversation.item.deleted', ({ item_id }) => lines.forget(item_id)),
    watchSound(session, clock, {
      onSpeaking(isSpeaking) {
        assistantSpeaks = isSpeaking
        refresh()
      },
      onStart: (itemId, ms) => time(itemId, { startMs: sinceOrigin(ms) }),
      onEnd: (itemId, ms) => time(itemId, { endMs: sinceOrigin(ms) }),
    }),
  ]
  refresh()

  const stop = () => {
    for (const off of undo.splice(0)) off()
    emitter.clear()
    store.release()
  }
  function heard(id: string): string | undefined {
    const { ids, items } = conversation()
    const place = hasId(ids, id) ? findLast(items, (item) => item.id === id) : undefined
    const item = place && at(items, place)
    return item && heardOf(item, session.playback.heard(id))
  }
  return Object.assign(stop, { getState: store.getState, subscribe: store.subscribe, heard })
}

/** The lines in order. The same array as long as none changed. */
export function selectLines(state: Pick<TranscriptState, 'lines'>): readonly TranscriptLine[] {
  return flattenOnce(state.lines)
}

function heardOf(state: ItemState, parts: readonly Heard[]): string | undefined {
  if (state.heardText !== undefined) return state.heardText
  const { item } = state
  if (parts.length === 0 || item.type !== 'message' || !('content' in item)) return undefined
  const content = partsOf(item)
  const words = parts.map((part) => heardTextOf(textOf(content[part.contentIndex], 'transcript'), part))
  return words.filter((text) => text !== '').join(' ')
}
