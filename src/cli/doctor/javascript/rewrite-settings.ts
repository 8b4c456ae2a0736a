import { betaFormats } from '../../../migrate/renames/values.js'
import { applyEdits, type Edit } from '../finding.js'
import { descendants, keyOf, listDescendants, type Node, propertyOf, type Tree, unwrap } from './ast.js'
import type { Bindings } from './bindings.js'
import { type Chunk, indentAt, layoutOf, quoteOf } from './layout.js'

/** A field that moves to a new path (`audio.output.voice`) or is removed. */
export interface Change {
  readonly property: Node
  readonly to: string | null
  /** Edits inside the value. */
  readonly edits: readonly Edit[]
}

/** Returns the edits inside a value when its field is renamed, or `undefined` when the change needs a decision. */
export function valueEdits(to: string, property: Node, tree: Tree, bindings: Bindings): readonly Edit[] | undefined {
  const value = unwrap(descendants(property, 'value'))
  if (value === undefined) return undefined
  if (to.endsWith('.format')) return formatEdits(value, tree, bindings, property)
  if (to === 'output_modalities') return modalityEdits(value, tree.source)
  if (to.endsWith('.turn_detection') && value.type === 'ObjectExpression') {
    const type = unwrap(descendants(propertyOf(value, 'type'), 'value'))
    return type?.value === 'none' ? [{ start: value.start, end: value.end, text: 'null' }] : []
  }
  return to === 'audio.output.voice.id' ? undefined : []
}

function formatEdits(value: Node, tree: Tree, bindings: Bindings, property: Node): readonly Edit[] | undefined {
  if (value.type === 'ConditionalExpression') return both(value, (each) => formatEdits(each, tree, bindings, property))
  if (value.type === 'ObjectExpression' || value.type === 'NullLiteral') return []
  // A constant with other uses keeps its value. Removing this use could leave it unused, which some compilers reject.
  const old = value.type === 'StringLiteral' || !tree.isTypeScript ? bindings.stringOf(value) : undefined
  if (old === undefined || !Object.hasOwn(betaFormats, old)) return undefined
  const format: Readonly<Record<string, string | number>> = betaFormats[old as keyof typeof betaFormats]
  const style = { quote: quoteNear(tree, property), isQuoted: descendants(property, 'key')?.type === 'StringLiteral' }
  const fields = Object.entries(format).map(
    ([key, each]) => `${name(key, style)}: ${typeof each === 'string' ? style.quote + each + style.quote : each}`,
  )
  return [{ start: value.start, end: value.end, text: `{ ${fields.join(', ')} }` }]
}

function modalityEdits(value: Node, source: string): readonly Edit[] | undefined {
  if (value.type === 'ConditionalExpression') return both(value, (each) => modalityEdits(each, source))
  if (value.type !== 'ArrayExpression') return undefined
  const elements = listDescendants(value, 'elements')
  const names = elements.map((element) => unwrap(element)?.value)
  if (names.length === 0 || names.some((name) => name !== 'audio' && name !== 'text')) return undefined
  const spoken = elements[names.indexOf('audio')]
  if (names.length === 1 || spoken === undefined) return []
  const named = source.slice(spoken.start, spoken.end)
  return [{ start: value.start, end: value.end, text: `[${named}]` }]
}

function both(value: Node, edit: (each: Node) => readonly Edit[] | undefined): readonly Edit[] | undefined {
  const [one, other] = ['consequent', 'alternate'].map((field) => unwrap(descendants(value, field)))
  const edits = [one && edit(one), other && edit(other)]
  return edits[0] && edits[1] && [...edits[0], ...edits[1]]
}

interface Part {
  readonly lead: string
  readonly body: string
  readonly trail: string
}

/** Returns the edit of a settings object: renames fields in place and moves audio fields under `audio`. */
export function rewriteSettings(tree: Tree, object: Node, changes: readonly Change[], type: string | undefined): Edit {
  const { source } = tree
  const { chunks, tail } = layoutOf(tree, object, listDescendants(object, 'properties'))
  const first = chunks[0]?.node
  const isMultiline = first !== undefined && /\n/.test(source.slice(object.start, first.start))
  const indent = first && isMultiline ? indentAt(source, first.start) : ''
  const style: Style = {
    indent,
    unit: unitOf(indent, indentAt(source, object.start)),
    isMultiline,
    quote: quoteNear(tree, object),
    isQuoted: first !== undefined && descendants(first, 'key')?.type === 'StringLiteral',
  }
  const changeOf = new Map(changes.map((change) => [change.property, change]))
  const moved = changes.filter(({ to }) => to?.startsWith('audio.'))
  const lead = isMultiline ? `\n${indent}` : ' '
  const parts: Part[] =
    type === undefined ? [] : [{ lead, body: `${name('type', style)}: ${style.quote}${type}${style.quote}`, trail: '' }]
  let orphans = ''
  for (const chunk of chunks) {
    const change = changeOf.get(chunk.node)
    const own = orphans + chunk.lead
    orphans = ''
    if (change === undefined) parts.push({ lead: own, body: textOf(source, chunk.node), trail: chunk.trail })
    else if (change.to === null) orphans = chunk.lead.trim() === '' ? '' : own.trimEnd()
    else if (!moved.includes(change))
      parts.push({ lead: own, body: renamed(source, change, change.to), trail: chunk.trail })
    else if (change === moved[0]) parts.push({ lead, body: audioOf(source, moved, chunks, style), trail: '' })
  }
  const hadComma = chunks.at(-1)?.comma !== undefined
  const inside = parts.map(
    (part, at) => part.lead + part.body + (at < parts.length - 1 || hadComma ? ',' : '') + part.trail,
  )
  const opening = chunks[0] ? source.slice(object.start + 1, chunks[0].start) : ''
  const ending = chunks.length === 0 ? ' ' : tail
  const text = opening + inside.join('') + orphans + ending
  const lines = source.includes('\r\n') ? text.replace(/\r?\n/g, '\r\n') : text
  return { start: object.start + 1, end: object.end - 1, text: lines }
}

interface Style {
  readonly indent: string
  readonly unit: string
  readonly isMultiline: boolean
  readonly quote: string
  readonly isQuoted: boolean
}

/** Returns the quotation mark used in the surrounding object, which may differ from the rest of the file. */
function quoteNear({ source, parentOf }: Tree, node: Node): string {
  const object = node.type === 'ObjectExpression' ? node : (parentOf.get(node) ?? node)
  const near = source.slice(object.start, object.end)
  const isQuoted = /['"]/.test(near)
  return quoteOf(isQuoted ? near : source)
}

function unitOf(inner: string, outer: string): string {
  return inner.startsWith(outer) && inner.length > outer.length
    ? inner.slice(outer.length)
    : inner.includes('\t')
      ? '\t'
      : '  '
}

function name(key: string, { quote, isQuoted }: Pick<Style, 'quote' | 'isQuoted'>): string {
  return isQuoted ? quote + key + quote : key
}

function textOf(source: string, { start, end }: Node): string {
  return source.slice(start, end)
}

/** Returns a property with a new name and the edited value. */
function renamed(source: string, { property, edits }: Change, to: string): string {
  const key = descendants(property, 'key') as Node
  const last = to.split('.').at(-1) as string
  if (property.shorthand === true) return key.name === last ? last : `${last}: ${String(key.name)}`
  const quoted = key.type === 'StringLiteral' ? source.charAt(key.start) : ''
  const shifted = edits.map(({ start, end, text }) => ({ start: start - key.end, end: end - key.end, text }))
  return quoted + last + quoted + applyEdits(source.slice(key.end, property.end), shifted)
}

/** A field of a block. `trail` is the comment after it. */
interface Field {
  readonly text: string
  readonly trail: string
}

/** Returns `audio: { input: { … }, output: { … } }` with the moved fields and their comments. */
function audioOf(source: string, moved: readonly Change[], chunks: readonly Chunk[], style: Style): string {
  const sides = (['input', 'output'] as const).flatMap((side) => {
    const changes = moved.filter(({ to }) => to?.startsWith(`audio.${side}.`))
    const fields = chunks.flatMap((chunk) => {
      const change = changes.find(({ property }) => property === chunk.node)
      return change ? [fieldOf(source, change, chunk, style)] : []
    })
    return fields.length === 0 ? [] : [{ text: block(name(side, style), fields, style, 1), trail: '' }]
  })
  return block(name('audio', style), sides, style, 0)
}

function fieldOf(source: string, change: Change, { lead, trail }: Chunk, { indent, unit, isMultiline }: Style): Field {
  const body = renamed(source, change, change.to as string)
  const text = lead.trim() === '' ? body : `${lead.trim()}\n${indent}${body}`
  // The lines of a template literal are part of its value.
  const deeper = isMultiline && !body.includes('`') ? unit + unit : ''
  return { text: text.replaceAll('\n', `\n${deeper}`), trail: trail.trim() }
}

function block(key: string, fields: readonly Field[], { indent, unit, isMultiline }: Style, depth: number): string {
  if (!isMultiline) return `${key}: { ${fields.map(({ text }) => text).join(', ')} }`
  const own = indent + unit.repeat(depth)
  const lines = fields.map(({ text, trail }) => `${own}${unit}${text},${trail && ` ${trail}`}\n`)
  return `${key}: {\n${lines.join('')}${own}}`
}

/** Returns whether the object already has an `audio` field, so that nothing can be moved in one step. */
export function hasAudio(object: Node): boolean {
  return listDescendants(object, 'properties').some((property) => keyOf(property) === 'audio')
}
