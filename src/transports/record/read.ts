import type { RecordedLine } from '../recording.js'

/** What a recording holds. */
export interface ReadRecording {
  /** The lines, in order. */
  readonly lines: readonly RecordedLine[]
  /** The numbers, from 1, of lines that cannot be read: the last one, when the process ended in the middle of it. */
  readonly unreadable: readonly number[]
}

/** Reads what `recording` wrote. Nothing is thrown: a line that cannot be read is told by its number. */
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
