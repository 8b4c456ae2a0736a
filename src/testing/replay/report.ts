import type { Difference } from './compare-event.js'
import type { RecordedEvent } from './recorded-call.js'

/** A point at which a client behaves differently than in the recording. Text is redacted in the same way as in the recording. */
export interface Departure {
  /**
   * `missing`: the client did not send a recorded event. `unexpected`: it sent an event that is not in the recording at this point.
   * `different`: an event has other fields. `late`: an event arrived after `patienceMs`. `order`: an event was sent after one that it precedes in
   * the recording.
   */
  readonly kind: 'missing' | 'unexpected' | 'different' | 'late' | 'order'
  /** Type of the event. */
  readonly type: string
  /** Line of the recorded event, from 1. `undefined` for an unexpected event. */
  readonly line: number | undefined
  /** Time since the start of the replay, in milliseconds. */
  readonly atMs: number
  /** The recorded event. */
  readonly expected?: RecordedEvent
  /** The event that the client sent. */
  readonly received?: RecordedEvent
  /** The fields that differ, for `different`. */
  readonly differences?: readonly Difference[]
}

/** A fault of a call, whether or not the recorded call has it too. */
export type CallProblem =
  /** The server reported an error. */
  | {
      readonly kind: 'error'
      readonly line: number
      readonly code: string | undefined
      readonly param: string | undefined
    }
  /** The model called a function, and the client sent no output. */
  | { readonly kind: 'unanswered-call'; readonly line: number; readonly name: string; readonly callId: string }

/** The result of a replay. */
export interface ReplayReport {
  /** Whether the whole recording was played. */
  readonly isComplete: boolean
  /** Where the client departed from the recording, in order of time. */
  readonly departures: readonly Departure[]
  /** Errors and unanswered function calls of this call. */
  readonly problems: readonly CallProblem[]
  /** Bytes of input audio, encoded as base64 text is decoded: in the recording, and from this client. */
  readonly audioBytes: { readonly recorded: number; readonly received: number }
}

/** Returns the problems of a call: errors, and functions that were called without a result. */
export function createProblemLog() {
  const errors: Extract<CallProblem, { kind: 'error' }>[] = []
  const calls = new Map<string, { readonly line: number; readonly name: string }>()
  return {
    /** Notes an event that the server sends. */
    received(event: RecordedEvent, line: number): void {
      if (event.type === 'error') {
        const error = event.error as { code?: unknown; param?: unknown } | undefined
        const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
        errors.push({ kind: 'error', line, code: textOf(error?.code), param: textOf(error?.param) })
      }
      const item = event.item as { type?: unknown; call_id?: unknown; name?: unknown; status?: unknown } | undefined
      const isCall = event.type === 'response.output_item.done' && item?.type === 'function_call'
      if (isCall && item.status !== 'incomplete' && typeof item.call_id === 'string')
        calls.set(item.call_id, { line, name: String(item.name) })
    },
    /** Notes an event that the client sends. */
    sent(event: RecordedEvent): void {
      const item = event.item as { type?: unknown; call_id?: unknown } | undefined
      if (event.type === 'conversation.item.create' && item?.type === 'function_call_output')
        calls.delete(String(item.call_id))
    },
    problems(): readonly CallProblem[] {
      const unanswered = [...calls].map(
        ([callId, { line, name }]) => ({ kind: 'unanswered-call', line, name, callId }) as const,
      )
      return [...errors, ...unanswered].sort((a, b) => a.line - b.line)
    },
  }
}
