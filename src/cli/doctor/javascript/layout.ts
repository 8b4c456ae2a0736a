import type { Edit } from '../finding.js'
import type { Node, Tree } from './ast.js'

/** An entry of an object or list with the surrounding white space and comments in `lead` and `trail`. */
export interface Chunk {
  readonly node: Node
  readonly start: number
  readonly end: number
  readonly lead: string
  /** The rest of the line after the comma. */
  readonly trail: string
  /** Offset of the comma. */
  readonly comma: number | undefined
}

/** The entries of an object or list with their comments. Together with `tail`, they are everything between the brackets. */
export interface Layout {
  readonly chunks: readonly Chunk[]
  readonly tail: string
}

export function layoutOf({ source, comments }: Tree, container: Node, entries: readonly Node[]): Layout {
  const commentAt = new Map(comments.map((comment) => [comment.start, comment]))

  /** Returns the end of the comments on the same line. */
  function restOfLine(from: number): number {
    let end = from
    for (;;) {
      const next = skip(end, /[ \t]/)
      const comment = commentAt.get(next)
      if (comment === undefined || source.slice(next, comment.end).includes('\n')) return end
      // A comment before the next entry on the same line belongs to that entry.
      if (comment.type === 'CommentBlock' && !/[\n\r}\])]/.test(source.charAt(skip(comment.end, /[ \t]/)))) return end
      end = comment.end
    }
  }

  function skip(from: number, space: RegExp): number {
    let at = from
    while (space.test(source.charAt(at))) at += 1
    return at
  }

  function commaAfter(from: number): number | undefined {
    let at = from
    for (;;) {
      at = skip(at, /\s/)
      const comment = commentAt.get(at)
      if (comment === undefined) break
      at = comment.end
    }
    // The entry may be in parentheses.
    if (source.charAt(at) === ')') return commaAfter(at + 1)
    return source.charAt(at) === ',' ? at : undefined
  }

  const chunks: Chunk[] = []
  const close = container.end - 1
  let at = restOfLine(container.start + 1)
  if (at > container.start + 1 && entries[0] && at > entries[0].start) at = container.start + 1
  for (const node of entries) {
    const comma = commaAfter(node.end)
    const end = Math.min(restOfLine(comma === undefined ? node.end : comma + 1), close)
    const after = source.slice(node.end, end)
    const trail = comma === undefined ? after : source.slice(node.end, comma) + source.slice(comma + 1, end)
    chunks.push({ node, start: at, end, lead: source.slice(at, node.start), trail, comma })
    at = end
  }
  return { chunks, tail: source.slice(at, close) }
}

/** Returns the edit that removes entries. Comments on the lines before them are kept. */
export function removal(tree: Tree, container: Node, entries: readonly Node[], node: Node): Edit {
  const { chunks } = layoutOf(tree, container, entries)
  const at = chunks.findIndex((chunk) => chunk.node === node)
  const chunk = chunks[at] as Chunk
  const before = chunks[at - 1]
  const kept = chunk.lead.trim() === '' ? '' : chunk.lead.trimEnd()
  if (chunks.length === 1 && kept === '') return { start: container.start + 1, end: container.end - 1, text: '' }
  if (chunk.comma !== undefined || before?.comma === undefined)
    return { start: chunk.start, end: chunk.end, text: kept }
  // Removing the last entry also removes the comma before it.
  return { start: before.comma, end: chunk.end, text: tree.source.slice(before.comma + 1, chunk.start) + kept }
}

/** Returns the indentation of the line at an offset. */
export function indentAt(source: string, offset: number): string {
  const line = source.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(source.slice(line, offset))?.[0] ?? ''
}

/** Returns the quotation mark that a file uses most. */
export function quoteOf(source: string): string {
  const single = source.split("'").length
  return source.split('"').length > single ? '"' : "'"
}
