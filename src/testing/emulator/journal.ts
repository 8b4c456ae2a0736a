/** An event of a session, as the journal keeps it. */
export interface JournalEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** One event that a session of the emulator received or sent. */
export interface JournalEntry {
  /** Number of the entry, in the order of all sessions of the emulator. */
  readonly seq: number
  /** Identifier of the session. */
  readonly sessionId: string
  /** The test that the session belongs to, if it has one. */
  readonly testId?: string
  /** Time since the start of the session, in milliseconds. */
  readonly ms: number
  /** Who sent the event. */
  readonly from: 'client' | 'server'
  /**
   * The event. Audio is replaced by its length, such as `[9600 bytes of audio]`, unless the emulator keeps it. A frame that is not an event
   * is `{ type: 'invalid_frame', text }`.
   */
  readonly event: JournalEvent
}

/** What a journal keeps. */
export interface JournalOptions {
  /**
   * Maximum number of events per session. When there are more, the oldest audio events are removed first.
   * @defaultValue 10_000
   */
  readonly maxEntries?: number
  /**
   * `lengths` replaces audio by its length, and `full` keeps it.
   * @defaultValue 'lengths'
   */
  readonly audio?: 'lengths' | 'full'
}

/** Selects entries of a journal. Fields that are left out select all. */
export interface JournalFilter {
  readonly sessionId?: string
  readonly testId?: string
  readonly from?: 'client' | 'server'
  /** Type of the events, or several types. */
  readonly type?: string | readonly string[]
  /** Only entries with a higher number. */
  readonly after?: number
}

/** The events of one session. */
export interface Journal {
  readonly entries: readonly JournalEntry[]
  /** Number of entries that were removed because there were too many. */
  readonly removed: number
  add(entry: JournalEntry): void
}

export function createJournal(maxEntries: number): Journal {
  const entries: JournalEntry[] = []
  let removed = 0
  return {
    entries,
    get removed() {
      return removed
    },
    add(entry) {
      if (maxEntries === 0) return
      entries.push(entry)
      if (entries.length <= maxEntries) return
      // The audio events of a call outnumber all others by far, and a test rarely looks at them.
      const oldestAudio = entries.findIndex(({ event }) => isAudioEvent(event.type))
      entries.splice(Math.max(0, oldestAudio), 1)
      removed += 1
    },
  }
}

/** Returns whether an entry is selected by a filter. */
export function matchesFilter(entry: JournalEntry, { sessionId, testId, from, type, after }: JournalFilter): boolean {
  return (
    (sessionId === undefined || entry.sessionId === sessionId) &&
    (testId === undefined || entry.testId === testId) &&
    (from === undefined || entry.from === from) &&
    (after === undefined || entry.seq > after) &&
    (type === undefined || (typeof type === 'string' ? entry.event.type === type : type.includes(entry.event.type)))
  )
}

const maxInvalidText = 1000

/** Parses a frame for the journal. */
export function journalEventOf(frame: string, audio: 'lengths' | 'full'): JournalEvent {
  try {
    const event: unknown = JSON.parse(audio === 'full' ? frame : withAudioLengths(frame))
    if (typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string') {
      return event as JournalEvent
    }
  } catch {
    // Described below.
  }
  return { type: 'invalid_frame', text: frame.slice(0, maxInvalidText) }
}

function isAudioEvent(type: string): boolean {
  return type.endsWith('input_audio_buffer.append') || type.endsWith('output_audio.delta')
}

const shortFrame = 300
const audioField = /"audio"\s*:\s*"/g
const audioDelta = /"delta"\s*:\s*"/g

/**
 * Replaces the audio in the JSON text of an event by its length. Audio is cut out before parsing, because parsing it would take most of the
 * time of a call.
 */
function withAudioLengths(frame: string): string {
  if (frame.length < shortFrame) return frame
  const fields = frame.includes('output_audio.delta') ? audioDelta : audioField
  let text = ''
  let copied = 0
  for (const match of frame.matchAll(fields)) {
    const start = match.index + match[0].length
    const end = frame.indexOf('"', start)
    if (end < 0) break
    text += `${frame.slice(copied, start)}[${base64Length(frame, start, end)} bytes of audio]`
    copied = end
  }
  return text + frame.slice(copied)
}

function base64Length(frame: string, start: number, end: number): number {
  const padding = frame.endsWith('==', end) ? 2 : frame.endsWith('=', end) ? 1 : 0
  return Math.max(0, Math.floor(((end - start) * 3) / 4) - padding)
}
