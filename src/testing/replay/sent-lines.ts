import { type EventStep, isRecord, type RecordedEvent, type RecordedStep } from './recorded-call.js'
import type { Departure } from './report.js'

/** A recorded event of the client, without audio, and whether the client of the replay has sent it. */
export interface SentLine {
  readonly step: EventStep
  /** Position in the recording. */
  readonly index: number
  /** Number of the group: recorded events of the client without an event of the server between them. */
  readonly group: number
  /** Whether the server of the recorded call rejected the event. A client that was fixed does not send it. */
  readonly isFaulty: boolean
  /** Whether the user caused the event: a message, a commit, or the response that the app requests to it. */
  readonly isUserInput: boolean
  state: 'open' | 'sent' | 'skipped'
  /** Whether the replay has sent the input of the user. */
  isDriven: boolean
  /** Whether the line belongs to the group after the current one. */
  isEarly: boolean
  /** Set when the line was reported as missing. */
  departure: Departure | undefined
}

/** The recorded events of the client. */
export interface SentLines {
  /** Bytes of input audio in the recording. */
  readonly audioBytes: number
  isAudio(step: EventStep): boolean
  at(step: EventStep): SentLine
  /** Returns the lines that an event of this type can be, the most likely first. */
  candidates(position: number, type: string): readonly SentLine[]
  /** Returns whether the client has sent a later line of the same group already. */
  isOvertaken(line: SentLine): boolean
  /** Returns the error with which the server rejected a line. */
  errorOf(line: SentLine): EventStep | undefined
  /** Returns whether a step is the rejection of a line that the client has not sent. */
  isErrorOfSkipped(step: EventStep): boolean
}

/** Reads the client's side of a recording. */
export function createSentLines(steps: readonly RecordedStep[]): SentLines {
  const errors = new Map<string, EventStep>()
  for (const step of steps) {
    if (step.kind !== 'received' || step.event.type !== 'error' || !isRecord(step.event.error)) continue
    const { event_id: eventId } = step.event.error
    if (typeof eventId === 'string') errors.set(eventId, step)
  }

  const lines = new Map<RecordedStep, SentLine>()
  const lineOfError = new Map<RecordedStep, SentLine>()
  let group = 0
  let audioBytes = 0
  let follows: 'input' | 'reaction' | undefined
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'sent') {
      if (step.kind === 'received') group += 1
      continue
    }
    if (isAudioEvent(step.event)) {
      audioBytes += Number(/^\[(\d+) bytes of audio\]$/.exec(String(step.event.audio))?.[1] ?? 0)
      continue
    }
    const isInput = isUserEvent(step.event) || (step.event.type === 'response.create' && follows === 'input')
    follows = isInput && step.event.type !== 'response.create' ? 'input' : 'reaction'
    const error = errors.get(String(step.event.event_id))
    const line: SentLine = {
      step,
      index,
      group,
      isFaulty: error !== undefined,
      isUserInput: isInput,
      state: 'open',
      isDriven: false,
      isEarly: false,
      departure: undefined,
    }
    lines.set(step, line)
    if (error) lineOfError.set(error, line)
  }
  const all = [...lines.values()]

  return {
    audioBytes,
    isAudio: ({ event }) => isAudioEvent(event),
    at: (step) => lines.get(step) as SentLine,
    candidates(position, type) {
      const open = all.filter(({ state, step }) => state !== 'sent' && step.event.type === type)
      // The client may be faster than in the recording by one group.
      const upcoming = all.find(({ index, state }) => index >= position && state === 'open')?.group ?? Infinity
      const isDue = (line: SentLine) => line.index < position || line.group === upcoming
      const next = all.find(({ group, state }) => state === 'open' && group > upcoming)?.group
      const due = open.filter(isDue)
      const early = open.filter((line) => !isDue(line) && line.group === next)
      for (const line of due) line.isEarly = false
      for (const line of early) line.isEarly = true
      return [
        ...due.filter(({ state }) => state === 'open'),
        ...due.filter(({ state }) => state === 'skipped'),
        ...early,
      ]
    },
    isOvertaken: (line) =>
      all.some(({ group, index, state }) => group === line.group && index > line.index && state === 'sent'),
    errorOf: ({ step }) => errors.get(String(step.event.event_id)),
    isErrorOfSkipped(step) {
      const line = lineOfError.get(step)
      return line !== undefined && line.state !== 'sent'
    },
  }
}

function isAudioEvent({ type }: RecordedEvent): boolean {
  return type === 'input_audio_buffer.append'
}

function isUserEvent({ type, item }: RecordedEvent): boolean {
  if (type === 'input_audio_buffer.commit' || type === 'input_audio_buffer.clear') return true
  return type === 'conversation.item.create' && isRecord(item) && item.type === 'message' && item.role === 'user'
}
