import type { RenameKind } from '../../migrate/renames/rename.js'

/** What a finding is about; `sdk` is a package or a client that speaks the beta. */
export type Rule = RenameKind | 'sdk'

/** A change of a text: what stands from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A place in a text that speaks the beta. */
export interface Finding {
  readonly rule: Rule
  /** Offset in the text. */
  readonly start: number
  /** What was found there, such as `response.audio.delta`. */
  readonly what: string
  readonly why: string
  /** Since when the service refuses it, or will, `YYYY-MM-DD`. */
  readonly date: string
  /** What to do, in a sentence. */
  readonly fix: string
  /** What `--fix` does; findings that share an edit are fixed together. Without it the fix needs judgement. */
  readonly edit?: Edit
}

/** What was found in a text. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** Why parts of it could not be read. */
  readonly problem?: Problem
}

/** Something that cannot be read, in a sentence. */
export interface Problem {
  readonly message: string
  /** Offset in the text. */
  readonly start?: number
}

/** Edits that do not overlap, in order, each once; of two that do, the first. */
export function compatible(edits: readonly Edit[]): readonly Edit[] {
  const kept: Edit[] = []
  for (const edit of [...new Set(edits)].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1)
    if (last === undefined || edit.start > last.end || (edit.start === last.end && edit.start > last.start))
      kept.push(edit)
  }
  return kept
}

/** The text after edits that do not overlap, in order. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = ''
  let at = 0
  for (const edit of edits) {
    text += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + source.slice(at)
}
