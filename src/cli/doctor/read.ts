import { readFileSync, statSync } from 'node:fs'
import type { Source } from './walk.js'

const mostBytes = 2 * 2 ** 20
const longestLine = 20_000

/** A source file that was read. */
export interface Code extends Source {
  readonly text: string
  /** Whether the text is the exact content of the file, so that it can be written back. */
  readonly isExact: boolean
}

/** Returns whether a file contains TypeScript or JavaScript. */
export function isScript({ kind }: Source): boolean {
  return kind === 'script' || kind === 'markup'
}

/** The text of a file, or a message that explains why it is skipped. */
export type Read =
  | {
      readonly text: string
      readonly isExact: boolean
      /** Why the text may differ from the file. Sets the exit code. */
      readonly problem?: string
    }
  | { readonly message: string; readonly isQuiet?: boolean }

/** Reads a source file. A file in another encoding than UTF-8 is read as far as possible, and is not changed. */
export function readCode(path: string): Read {
  const { size } = statSync(path)
  if (size > mostBytes) return { message: `is larger than ${mostBytes / 2 ** 20} MB, and was not read` }
  const bytes = readFileSync(path)
  const decoded = decode(bytes)
  const text = decoded ?? bytes.toString('latin1')
  // Bundled code has to be changed at its source.
  if (text.length > longestLine && text.split('\n').some((line) => line.length > longestLine))
    return { message: 'is minified, and was not read', isQuiet: true }
  return {
    text,
    isExact: decoded !== undefined && bytes.equals(Buffer.from(text, 'utf8')),
    ...(decoded === undefined && {
      problem: 'is neither UTF-8 nor UTF-16; it was read as Latin-1, and cannot be fixed',
    }),
  }
}

/** Returns the text of UTF-8, or of UTF-16 with a byte order mark. */
function decode(bytes: Buffer): string | undefined {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  const encoding = isUtf16 ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8'
  try {
    // The byte order mark of UTF-8 stays, so that the file can be written back.
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: !isUtf16 }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Returns the line and column of an offset, starting at 1. */
export function positionIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
