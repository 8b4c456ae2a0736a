import { findingOf, modelRename, newName } from '../catalog.js'
import type { Edit } from '../finding.js'
import { matchText, type TextMatch } from '../text-rules.js'
import { descendants, isFunction, keyOf, listDescendants, type Node, propertyOf } from './ast.js'
import { removal } from './layout.js'
import { functionAround, type Scan } from './scan.js'

/** Finds names of events, models, addresses, and subprotocols in strings and templates. */
export function scanStrings(scan: Scan): void {
  const { tree } = scan
  const literals = new Map<string, Node[]>()
  for (const node of tree.nodes) {
    if (node.type !== 'StringLiteral') continue
    const same = literals.get(String(node.value))
    if (same) same.push(node)
    else literals.set(String(node.value), [node])
  }
  for (const node of tree.nodes) {
    const parent = tree.parentOf.get(node)
    if (/^(Import|Export)\w*Declaration$|^TSExternalModuleReference$/.test(parent?.type ?? '')) continue
    if (node.type === 'StringLiteral') {
      const isContinued = parent?.type === 'BinaryExpression' && parent.operator === '+' && parent.right === node
      scanText(node, node.start + 1, node.end - 1, isContinued, literals, scan)
    } else if (node.type === 'TemplateElement') {
      const isContinued = listDescendants(parent, 'quasis')[0] !== node
      scanText(node, node.start, node.end, isContinued, literals, scan)
    } else if (node.type === 'RegExpLiteral') scanPattern(node, String(node.pattern), scan)
    else if (node.type === 'TemplateLiteral') scanAssembled(node, scan)
    if (node.type === 'StringLiteral' && parent) scanPrefix(node, parent, literals, scan)
  }
}

type Literals = ReadonlyMap<string, readonly Node[]>

function scanText(node: Node, start: number, end: number, isContinued: boolean, literals: Literals, scan: Scan): void {
  const text = scan.tree.source.slice(start, end)
  for (const match of matchText(text, { isContinued, isUpgraded: isUpgraded(node, scan) })) {
    const { rename, index, fix } = match
    // The Responses API has an event with the same name. Its code also uses `response.audio.transcript`.
    if (text.startsWith('response.audio.') && scan.tree.source.includes('response.audio.transcript.')) continue
    if (rename.kind === 'event' && index === 0 && isHeardBoth(node, match, literals, scan)) continue
    if (
      rename.kind === 'url' &&
      rename.from.startsWith('/openai') &&
      !/api-version|azure|deployment/i.test(scan.tree.source)
    )
      continue
    const edit = editOf(node, start + index, match, literals, scan)
    scan.report(findingOf(rename, { start: start + index, what: match.text, ...(fix && { fix }), edit }))
  }
}

/** Returns whether an address is opened as a WebSocket by `fetch`, as in Workers, and not sent an offer. */
function isUpgraded(node: Node, { tree: { source, parentOf } }: Scan): boolean {
  if (!/\bupgrade\b["'`]?\s*[:,]\s*["'`]websocket/i.test(source)) return false
  for (let above = parentOf.get(node); above && !isFunction(above); above = parentOf.get(above))
    if (
      /^(Optional)?CallExpression$|^NewExpression$/.test(above.type) &&
      listDescendants(above, 'arguments').length > 1
    )
      return !/\bsdp\b/i.test(source.slice(above.start, above.end))
  return true
}

/** Returns whether the code already handles both the old and the new name. */
function isHeardBoth(node: Node, { rename, text }: TextMatch, literals: Literals, { tree }: Scan): boolean {
  if (text.startsWith('transcription_session.')) return false
  const around = functionAround(node, tree)
  const others = literals.get(newName(rename) ?? '') ?? []
  return others.some((other) => functionAround(other, tree) === around)
}

function editOf(node: Node, start: number, match: TextMatch, literals: Literals, scan: Scan): Edit | undefined {
  const { tree, isBound, freedom } = scan
  const { rename, replacement, text } = match
  if (rename.kind === 'subprotocol') return removeFromList(node, scan)
  if (rename.kind === 'header') return removeFromList(node, scan)
  if (isBound || replacement === undefined) return undefined
  const edit = { start, end: start + text.length, text: replacement }
  if (rename.kind === 'event') return canRenameEvent(node, replacement, literals, scan) ? edit : undefined
  if (rename.kind !== 'model') return undefined
  // A model that still works is left to its users. The name of an Azure deployment is arbitrary.
  if (rename.date > scan.today || freedom.isTypedByPackage(node)) return undefined
  if (/azure|api-version|deployment/i.test(tree.source)) return undefined
  if (isChoice(node, scan)) return undefined
  return unionEdit(node, scan) ?? edit
}

/** Returns the edit that replaces all retired models in a union type, so that each successor is in it once. */
function unionEdit(node: Node, { tree, today, unions }: Scan): Edit | undefined {
  const member = tree.parentOf.get(node)
  const union = member && tree.parentOf.get(member)
  if (member?.type !== 'TSLiteralType' || union?.type !== 'TSUnionType') return undefined
  const known = unions.get(union)
  if (known) return known
  let text = ''
  let at = union.start
  const names = new Set<string>()
  const members = listDescendants(union, 'types')
  for (const each of members) {
    const literal = descendants(each, 'literal')
    const rename = literal?.type === 'StringLiteral' ? modelRename(String(literal.value)) : undefined
    const name = rename !== undefined && rename.date <= today ? newName(rename) : undefined
    const source = tree.source.slice(each.start, each.end)
    const quote = source.charAt(0)
    const renewed = name === undefined ? source : quote + name + quote
    // The separator goes with a member that is left out.
    if (!names.has(renewed)) text += tree.source.slice(at, each.start) + renewed
    names.add(renewed)
    at = each.end
  }
  const edit = { start: union.start, end: union.end, text: text + tree.source.slice(at, union.end) }
  unions.set(union, edit)
  return edit
}

function canRenameEvent(node: Node, replacement: string, literals: Literals, scan: Scan): boolean {
  const { tree } = scan
  const parent = tree.parentOf.get(node)
  if (parent?.type === 'ObjectProperty' && parent.key === node && parent.shorthand !== true) {
    const object = tree.parentOf.get(parent)
    if (object && propertyOf(object, replacement)) return false
  }
  const around = functionAround(node, tree)
  if (tree.source.slice(node.start + 1, node.end - 1).startsWith('transcription_session.')) {
    if (replacement === 'session.update') return isSentSafely(node, scan)
    return !(literals.get(replacement) ?? []).some((other) => functionAround(other, tree) === around)
  }
  return true
}

/** Returns whether a sent event name can change. The update of a transcription session changes together with its settings. */
function isSentSafely(node: Node, { tree, roles, freedom }: Scan): boolean {
  const event = tree.parentOf.get(tree.parentOf.get(node) ?? node)
  const session = event?.type === 'ObjectExpression' ? descendants(propertyOf(event, 'session'), 'value') : undefined
  return session !== undefined && roles.settings.get(session)?.typing === 'missing' && freedom.isFree(session)
}

/** Returns whether a model name is one of several choices or a key, where two names must not become equal. */
function isChoice(node: Node, { tree }: Scan): boolean {
  const parent = tree.parentOf.get(node)
  if (
    parent?.type === 'SwitchCase' ||
    (parent?.type === 'ArrayExpression' && listDescendants(parent, 'elements').length > 1)
  )
    return true
  const attribute = parent?.type === 'JSXExpressionContainer' ? tree.parentOf.get(parent) : parent
  if (attribute?.type === 'JSXAttribute')
    return /^(value|id|key|label)$/.test(String(descendants(attribute, 'name')?.name))
  if (parent?.type === 'TSEnumMember' || (parent?.type === 'ObjectProperty' && parent.key === node)) return true
  return (
    parent?.type === 'ObjectProperty' &&
    tree.parentOf.get(tree.parentOf.get(parent) ?? parent)?.type === 'ArrayExpression' &&
    /^(value|id|key)$/.test(keyOf(parent) ?? '')
  )
}

function removeFromList(node: Node, { tree }: Scan): Edit | undefined {
  const parent = tree.parentOf.get(node)
  // A text with other content cannot simply be removed.
  const isAll =
    node.type === 'StringLiteral' ||
    (node.type === 'TemplateElement' && tree.parentOf.get(parent ?? node)?.type === 'ArrayExpression')
  const entry = node.type === 'TemplateElement' ? parent : node
  const list = entry && tree.parentOf.get(entry)
  if (
    !isAll ||
    entry === undefined ||
    list?.type !== 'ArrayExpression' ||
    listDescendants(entry, 'expressions').length > 0
  )
    return undefined
  const entries = listDescendants(list, 'elements')
  return entries.length > 0 ? removal(tree, list, entries, entry) : undefined
}

const oldPrefix = /^\^?(?:server\.)?response\\?\.(?:audio|text|audio_transcript)(?:\\?\.|$)/

/** `type.startsWith('response.audio')`: the prefix is different in GA. */
function scanPrefix(node: Node, parent: Node, literals: Literals, scan: Scan): void {
  const callee = descendants(parent, 'callee')
  const method = callee && descendants(callee, 'property')?.name
  if (
    !/^(Optional)?CallExpression$/.test(parent.type) ||
    !/^(startsWith|endsWith|includes|indexOf|match)$/.test(String(method))
  )
    return
  const text = String(node.value)
  if (!oldPrefix.test(text) || /^response\.(audio|text|audio_transcript)\.(delta|done)$/.test(text)) return
  if (!isBesideNewPrefix(node, literals, scan)) reportPart(node.start, text, scan)
}

/** Returns whether the same function also checks for the prefix `response.output_…`. */
function isBesideNewPrefix(node: Node, literals: Literals, { tree }: Scan): boolean {
  const around = functionAround(node, tree)
  return [...literals].some(
    ([text, nodes]) =>
      /^response\.output_(?:audio.*)?$/.test(text) && nodes.some((each) => functionAround(each, tree) === around),
  )
}

function scanPattern(node: Node, pattern: string, scan: Scan): void {
  if (oldPrefix.test(pattern)) reportPart(node.start, pattern, scan)
}

/** `response.${kind}.delta`. */
function scanAssembled(node: Node, scan: Scan): void {
  const [first, ...rest] = listDescendants(node, 'quasis').map((quasi) => String((quasi.value as { raw: string }).raw))
  if (rest.length === 1 && first === 'response.' && /^\.(delta|done)$/.test(rest[0] ?? ''))
    reportPart(node.start, `response.…${rest[0]}`, scan)
}

function reportPart(start: number, what: string, { report }: Scan): void {
  report({
    rule: 'event',
    start,
    what,
    why: 'Output events have `output_` in their names.',
    date: '2026-05-12',
    fix: 'Compare with `response.output_audio.`, `response.output_audio_transcript.`, and `response.output_text.`.',
  })
}
