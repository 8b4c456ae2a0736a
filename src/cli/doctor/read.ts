import { readFileSync, statSync } from 'node:fs'

const mostBytes = 2 * 2 ** 20
const longestLine = 20_000

/** The text of a file, or a message that explains why it is skipped. */
export type Read =
  | { readonly text: string; readonly isExact: boolean }
  | { readonly message: string; readonly isQuiet?: boolean }

/** Reads a source file. */
export function readCode(path: string): Read {
  const { size } = statSync(path)
  if (size > mostBytes) return { message: `is larger than ${mostBytes / 2 ** 20} MB, and was not read` }
  const bytes = readFileSync(path)
  if (bytes.subarray(0, 8192).includes(0)) return { message: 'is binary, and was not read' }
  const text = bytes.toString('utf8')
  // Bundled code has to be changed at its source.
  if (text.length > longestLine && text.split('\n').some((line) => line.length > longestLine))
    return { message: 'is minified, and was not read', isQuiet: true }
  return { text, isExact: bytes.equals(Buffer.from(text, 'utf8')) }
}

/** Returns the line and column of an offset, starting at 1. */
export function positionIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
