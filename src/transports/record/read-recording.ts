import type { RecordedLine } from '../recording.js'

/** A parsed recording. */
export interface ReadRecording {
  /** Lines in order. */
  readonly lines: readonly RecordedLine[]
  /** Numbers, from 1, of lines that cannot be parsed, such as a last line that was cut off. */
  readonly unreadable: readonly number[]
}

/** Parses the output of `recording`. Does not throw: lines that cannot be parsed are returned by number. */
export function readRecording(text: string): ReadRecording {
  const lines: RecordedLine[] = []
  const unreadable: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = parse(line)
    if (isRecordedLine(value)) lines.push(value)
    else unreadable.push(index + 1)
  }
  return { lines, unreadable }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isRecordedLine(value: unknown): value is RecordedLine {
  if (typeof value !== 'object' || value === null || !('event' in value)) return false
  const { ms, direction } = value as Partial<RecordedLine>
  return typeof ms === 'number' && (direction === 'sent' || direction === 'received' || direction === 'local')
}
