import { contentRenames } from '../../../migrate/renames/event-types.js'
import type { Rename } from '../../../migrate/renames/rename.js'
import {
  fieldsByPlace,
  findingOf,
  modelsByName,
  newName,
  type Place,
  requiredType,
  sharedModels,
  tellingFields,
} from '../catalog.js'
import { descendants, keyOf, listDescendants, memberOf, type Node, propertiesOf, propertyOf, unwrap } from './ast.js'
import { type Change, hasAudio, rewriteSettings, valueEdits } from './rewrite-settings.js'
import type { Scan } from './scan.js'
import type { Usage } from './usage-analysis.js'

/** Finds flat settings, settings without a `type`, and beta content in items. */
export function scanSettings(scan: Scan): void {
  const seen = new Set<Node>()
  for (const [object, role] of scan.roles.settings) {
    scanObject(object, role, scan)
    for (const property of propertiesOf(object)) seen.add(property)
  }
  for (const item of scan.roles.items) scanItem(item, scan)
  for (const node of scan.tree.nodes) {
    scanName(node, seen, scan)
    if (node.type === 'ObjectProperty') scanTranscriber(node, scan)
  }
}

/** The change of an object to the settings of GA. */
interface Plan {
  readonly found: readonly { readonly property: Node; readonly rename: Rename }[]
  readonly changes: readonly Change[]
  /** The `type` to add. */
  readonly newType: string | undefined
  /** Whether the changes cover everything that was found. */
  readonly isWhole: boolean
}

function scanObject(object: Node, usage: Usage, scan: Scan): void {
  const { found, changes, newType } = planOf(object, usage, scan)
  if (usage.typing === 'unknown' && found.length === 0) return
  // Neither the beta nor GA accepts settings of which only a part was changed.
  const isWhole = usage.group.every((each) => {
    const role = scan.roles.settings.get(each)
    return role !== undefined && planOf(each, role, scan).isWhole
  })
  const edit =
    isWhole && (changes.length > 0 || newType !== undefined)
      ? rewriteSettings(scan.tree, object, changes, newType)
      : undefined
  if (usage.typing !== 'present') {
    const advice = `Add \`type: '${typeOf(placeOf(object, usage))}'\``
    scan.report(
      findingOf(requiredType, {
        start: object.start,
        what: 'settings without a type',
        fix:
          usage.typing === 'missing' ? `${advice}.` : `${advice}, unless the values that are spread here contain it.`,
        edit,
      }),
    )
  }
  for (const { property, rename } of found) scan.report(findingOf(rename, { start: property.start, edit }))
}

function planOf(object: Node, usage: Usage, scan: Scan): Plan {
  const { tree, bindings, freedom } = scan
  const place = placeOf(object, usage)
  const found = propertiesOf(object).flatMap((property) => {
    const rename = fieldsByPlace[place].get(keyOf(property) ?? '')
    return rename ? [{ property, rename }] : []
  })
  const changes = found.flatMap(({ property, rename }): Change[] => {
    const to = newName(rename) ?? null
    if (to === null) return canBeRemoved(property, scan) ? [{ property, to, edits: [] }] : []
    if (to.startsWith('audio.') && hasAudio(object)) return []
    const edits = valueEdits(to, property, tree, bindings)
    const isTaken = propertyOf(object, to) !== undefined
    return edits && !isTaken ? [{ property, to, edits }] : []
  })
  const newType = usage.typing === 'missing' ? typeOf(place) : undefined
  const isUnchanged = found.length === 0 && newType === undefined && usage.typing !== 'unknown'
  const isWhole =
    isUnchanged ||
    (usage.way === 'event' &&
      usage.isComplete &&
      !scan.isBound &&
      changes.length === found.length &&
      canBeRewritten(object, scan) &&
      freedom.isFree(object))
  return { found, changes, newType, isWhole }
}

function placeOf(object: Node, usage: Usage): Place {
  const type = unwrap(descendants(propertyOf(object, 'type'), 'value'))?.value
  return type === 'transcription' ? 'transcription_session' : usage.place
}

function typeOf(place: Place): string {
  return place === 'session' ? 'realtime' : 'transcription'
}

/** Returns whether an object spans several lines. A single line has no place for moved comments. */
function canBeRewritten(object: Node, { tree }: Scan): boolean {
  const first = listDescendants(object, 'properties')[0]
  if (first === undefined || tree.source.slice(object.start, first.start).includes('\n')) return true
  return !tree.comments.some(({ start, end }) => start > object.start && end < object.end)
}

function canBeRemoved(property: Node, { freedom, roles }: Scan): boolean {
  const value = unwrap(descendants(property, 'value'))
  if (value === undefined || roles.settings.has(value)) return false
  return value.type === 'ArrayExpression' || !freedom.leavesUnused(value)
}

/** Checks the transcription model only here, because the same models have many other uses. */
function scanTranscriber(property: Node, { isRealtime, report }: Scan): void {
  if (!isRealtime) return
  if (!/^(input_audio_)?transcription$/.test(keyOf(property) ?? '')) return
  const value = unwrap(descendants(property, 'value'))
  const model =
    value?.type === 'ObjectExpression' ? unwrap(descendants(propertyOf(value, 'model'), 'value')) : undefined
  const rename = sharedModels.has(String(model?.value)) ? modelsByName.get(String(model?.value)) : undefined
  if (model && rename) report(findingOf(rename, { start: model.start }))
}

/** Finds beta content types, by the role of the item. */
function scanItem(item: Node, scan: Scan): void {
  const { bindings, freedom, isBound, tree, report } = scan
  const role = bindings.stringOf(descendants(propertyOf(item, 'role'), 'value'))
  const content = unwrap(descendants(propertyOf(item, 'content'), 'value'))
  for (const part of listDescendants(content, 'elements')) {
    const type = part.type === 'ObjectExpression' ? unwrap(descendants(propertyOf(part, 'type'), 'value')) : undefined
    const rename = contentRenames.find(({ place, from }) => place === role && from === type?.value)
    if (type === undefined || rename === undefined) continue
    const isOpen = !isBound && type.type === 'StringLiteral' && freedom.isFree(part)
    const quote = tree.source.charAt(type.start)
    const edit = { start: type.start, end: type.end, text: quote + rename.to + quote }
    report(
      findingOf(rename, {
        start: type.start,
        what: `${rename.from} (content of role ${rename.place})`,
        fix: `Use \`${rename.to}\`.`,
        edit: isOpen ? edit : undefined,
      }),
    )
  }
}

/** Finds settings names outside of sent objects: in types, members, and patterns. */
function scanName(node: Node, seen: ReadonlySet<Node>, scan: Scan): void {
  const { tree, report } = scan
  const fix = (to: string | undefined) =>
    to ? `Use \`${to}\` here, as in the settings that are sent.` : 'Remove it here, too.'
  if (node.type === 'TSInterfaceBody' || node.type === 'TSTypeLiteral') {
    const members = listDescendants(node, node.type === 'TSTypeLiteral' ? 'members' : 'body')
    const isTelling = members.some((member) => tellingFields.has(keyOf(member) ?? ''))
    for (const member of isTelling ? members : []) {
      const rename = fieldsByPlace.session.get(keyOf(member) ?? '')
      if (rename && rename.from !== 'client_secret')
        report(findingOf(rename, { start: member.start, fix: fix(newName(rename)) }))
    }
    return
  }
  const name = memberOf(node) ?? (tree.parentOf.get(node)?.type === 'ObjectPattern' ? keyOf(node) : undefined)
  if (name === undefined || seen.has(node)) return
  const owner = descendants(node, 'object')
  const isSession =
    owner !== undefined && /session(config|settings|options)?$/i.test(String(memberOf(owner) ?? owner.name ?? ''))
  const isField =
    tellingFields.has(name) ||
    (isSession && scan.isRealtime && /^(modalities|turn_detection)$/.test(name)) ||
    isAddedToSettings(node, scan)
  const rename = isField ? fieldsByPlace.session.get(name) : undefined
  const at = descendants(node, 'property') ?? node
  if (rename) report(findingOf(rename, { start: at.start, fix: fix(newName(rename)) }))
}

/** Returns whether a field is assigned to sent settings of this file: `session.voice = …`, `update.session.voice = …`. */
function isAddedToSettings(member: Node, { tree, bindings, roles }: Scan): boolean {
  const above = tree.parentOf.get(member)
  if (above?.type !== 'AssignmentExpression' || above.left !== member || memberOf(member) === 'client_secret')
    return false
  const owner = unwrap(descendants(member, 'object'))
  const field = memberOf(owner)
  const root = field === undefined ? owner : unwrap(descendants(owner, 'object'))
  const binding = root?.type === 'Identifier' ? bindings.resolve(root) : undefined
  const object = binding?.kind === 'variable' ? unwrap(descendants(binding.node, 'init')) : undefined
  if (object?.type !== 'ObjectExpression') return false
  const settings = field === undefined ? object : unwrap(descendants(propertyOf(object, field), 'value'))
  const role = settings && roles.settings.get(settings)
  return role !== undefined && role.way !== 'likely'
}
