import { createHash } from 'node:crypto'

/** Everything that happened in one simulated session, in order. */
export interface Journal {
  /** Adds a line with the virtual time. A function is called only when the lines are read. */
  note(text: string | (() => string)): void
  readonly lines: readonly string[]
  /** Returns the hash of all lines. Two runs of one plan have the same hash. */
  hash(): string
}

export function createJournal(now: () => number): Journal {
  const notes: { readonly at: number; readonly text: string | (() => string) }[] = []
  const read = () =>
    notes.map(({ at, text }) => `${at.toFixed(1).padStart(10)} ${typeof text === 'string' ? text : text()}`)
  return {
    note: (text) => void notes.push({ at: now(), text }),
    get lines() {
      return read()
    },
    hash() {
      const hash = createHash('sha256')
      for (const line of read()) hash.update(line).update('\n')
      return hash.digest('hex').slice(0, 16)
    },
  }
}
