import type { Edit } from '../finding.js'
import type { Node, Tree } from './ast.js'

/** An entry of an object or list as it stands in the text: `lead` and `trail` have the space and comments around it. */
export interface Chunk {
  readonly node: Node
  readonly start: number
  readonly end: number
  readonly lead: string
  /** What follows on the same line, without the comma. */
  readonly trail: string
  /** Where its comma is. */
  readonly comma: number | undefined
}

/** The entries of an object or list, each with the comments that belong to it; together they are all between the brackets but `tail`. */
export interface Layout {
  readonly chunks: readonly Chunk[]
  readonly tail: string
}

export function layoutOf({ source, comments }: Tree, container: Node, entries: readonly Node[]): Layout {
  const commentAt = new Map(comments.map((comment) => [comment.start, comment]))

  /** The end of the comments that stand on the same line. */
  function restOfLine(from: number): number {
    let end = from
    for (;;) {
      const next = skip(end, /[ \t]/)
      const comment = commentAt.get(next)
      if (comment === undefined || source.slice(next, comment.end).includes('\n')) return end
      // A comment before the next entry of the line belongs to that one.
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
    // An entry may stand in brackets, which are not part of it.
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

/** The edit that takes an entry out. Comments on the lines before it stay. */
export function removal(tree: Tree, container: Node, entries: readonly Node[], node: Node): Edit {
  const { chunks } = layoutOf(tree, container, entries)
  const at = chunks.findIndex((chunk) => chunk.node === node)
  const chunk = chunks[at] as Chunk
  const before = chunks[at - 1]
  const kept = chunk.lead.trim() === '' ? '' : chunk.lead.trimEnd()
  if (chunks.length === 1 && kept === '') return { start: container.start + 1, end: container.end - 1, text: '' }
  if (chunk.comma !== undefined || before?.comma === undefined)
    return { start: chunk.start, end: chunk.end, text: kept }
  // The last one takes along the comma before it.
  return { start: before.comma, end: chunk.end, text: tree.source.slice(before.comma + 1, chunk.start) + kept }
}

/** The white space at the beginning of the line on which something stands. */
export function indentAt(source: string, offset: number): string {
  const line = source.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(source.slice(line, offset))?.[0] ?? ''
}

/** The quotation mark that a file prefers. */
export function quoteOf(source: string): string {
  const single = source.split("'").length
  return source.split('"').length > single ? '"' : "'"
}
