import type { TextPolicy } from '../../internal/redaction/redactor.js'
import { readRecording } from '../../transports/record/read-recording.js'
import { TestingError } from '../error.js'

/** An event of a recording. */
export type RecordedEvent = Readonly<Record<string, unknown>>

/** One step of a recorded call. */
export type RecordedStep = EventStep | CloseStep

/** An event that was sent or received. */
export interface EventStep {
  readonly kind: 'sent' | 'received'
  /** Line number, from 1. */
  readonly line: number
  readonly ms: number
  readonly event: RecordedEvent
}

/** The end of a connection. */
export interface CloseStep {
  readonly kind: 'closed'
  readonly line: number
  readonly ms: number
  readonly code: number
  readonly reason: string
}

/** A recording as the steps of a call. */
export interface RecordedCall {
  readonly steps: readonly RecordedStep[]
  /** How the recording contains text. */
  readonly text: TextPolicy
  /** Identifiers that the server created. */
  readonly serverIds: ReadonlySet<string>
  /** Identifiers that the client created. */
  readonly clientIds: ReadonlySet<string>
}

/** The recorded length of a text, `[7 chars]`. */
export const redactedText = /^\[(\d+) chars\]$/

/**
 * Reads the steps of a recording.
 * @throws {TestingError} `INVALID_RECORDING` when the text contains no frames.
 */
export function readRecordedCall(text: string): RecordedCall {
  const steps: RecordedStep[] = []
  const serverIds = new Set<string>()
  const clientIds = new Set<string>()
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const [recorded] = readRecording(line).lines
    if (!recorded || !isRecord(recorded.event)) continue
    const { direction, event, ms } = recorded
    const place = { line: index + 1, ms }
    if (direction === 'local') {
      const close = closeOf(event)
      if (close) steps.push({ kind: 'closed', ...place, ...close })
      continue
    }
    steps.push({ kind: direction, ...place, event })
    const own = direction === 'sent' ? clientIds : serverIds
    const other = direction === 'sent' ? serverIds : clientIds
    visitIds(event, (id) => void (other.has(id) || own.add(id)))
  }
  if (!steps.some(({ kind }) => kind !== 'closed'))
    throw new TestingError('INVALID_RECORDING', { reason: 'contains no frames' })
  // With a detector, only the deltas are written as lengths.
  const isRedacted = steps.some(
    (step) => step.kind !== 'closed' && !/\.delta$/.test(String(step.event.type)) && hasRedactedText(step.event),
  )
  return { steps, text: isRedacted ? 'length' : 'keep', serverIds, clientIds }
}

/** Returns how a connection ended, from an event of the transport. */
function closeOf(event: RecordedEvent): { readonly code: number; readonly reason: string } | undefined {
  const close = event.type === 'reconnecting' ? event.cause : event.type === 'close' ? event : undefined
  if (!isRecord(close) || typeof close.code !== 'number') return undefined
  // A failed attempt to reconnect is an error, whose code is text.
  return { code: close.code, reason: typeof close.reason === 'string' ? close.reason : '' }
}

function visitIds(value: unknown, visit: (id: string) => void): void {
  if (Array.isArray(value)) for (const element of value) visitIds(element, visit)
  else if (isRecord(value))
    for (const [name, field] of Object.entries(value))
      if (typeof field === 'string' && isIdName(name)) visit(field)
      else visitIds(field, visit)
}

function hasRedactedText(value: unknown): boolean {
  if (typeof value === 'string') return redactedText.test(value)
  if (Array.isArray(value)) return value.some(hasRedactedText)
  return isRecord(value) && Object.values(value).some(hasRedactedText)
}

/** Returns whether a field contains an identifier. */
export function isIdName(name: string): boolean {
  return name === 'id' || name.endsWith('_id')
}

export function isRecord(value: unknown): value is RecordedEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
