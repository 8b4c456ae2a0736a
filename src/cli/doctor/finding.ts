import type { RenameKind } from '../../migrate/renames/rename.js'

/** The subject of a finding. `sdk` is a package or client that uses the beta. */
export type Rule = RenameKind | 'sdk'

/** A text edit that replaces the range from `start` to `end` with `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A use of the beta in a text. */
export interface Finding {
  readonly rule: Rule
  /** Offset in the text. */
  readonly start: number
  /** The name that was found, such as `response.audio.delta`. */
  readonly what: string
  readonly why: string
  /** Date since which the service rejects it, or will reject it, `YYYY-MM-DD`. */
  readonly date: string
  /** How to fix it, as a sentence. */
  readonly fix: string
  /** The edit of `--fix`. Findings with the same edit are fixed together. `undefined` if the fix needs a decision. */
  readonly edit?: Edit
}

/** The findings of a text. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** Why a part of the text could not be read. */
  readonly problem?: Problem
}

/** The findings of a file, and the parts of it that were not examined. */
export interface Examined extends Diagnosis {
  /** Set for files that connect to another service. Their findings are not reported. */
  readonly leftOut?: { readonly service: string; readonly names: number }
  /** Values that could not be followed to their definition. */
  readonly untraced: readonly { readonly start: number; readonly what: string }[]
}

/** A reading problem, as a sentence. */
export interface Problem {
  readonly message: string
  /** Offset in the text. */
  readonly start?: number
}

/** Returns a finding that is reported and not fixed. */
export function withoutEdit({ edit: _, ...finding }: Finding): Finding {
  return finding
}

/** Returns edits without duplicates and overlaps, in order. Of two overlapping edits, the first is kept. */
export function compatible(edits: readonly Edit[]): readonly Edit[] {
  const kept: Edit[] = []
  for (const edit of [...new Set(edits)].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1)
    if (last === undefined || edit.start > last.end || (edit.start === last.end && edit.start > last.start))
      kept.push(edit)
  }
  return kept
}

/** Applies ordered edits that do not overlap. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = ''
  let at = 0
  for (const edit of edits) {
    text += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + source.slice(at)
}
