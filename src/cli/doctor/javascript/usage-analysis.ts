import type { Place } from '../catalog.js'
import { isRealtime } from '../text-rules.js'
import {
  descendants,
  isFunction,
  keyOf,
  listDescendants,
  memberOf,
  type Node,
  propertiesOf,
  propertyOf,
  type Tree,
  unwrap,
} from './ast.js'
import { type Bindings, declaredValue, returnsOf } from './bindings.js'

/** How an object literal is used. */
export interface Usage {
  readonly place: Place
  /** How the object reaches the service: in an event, or in the request for a client secret. `likely` is inferred from its fields. */
  readonly way: 'event' | 'request' | 'likely'
  /** For the first object of the settings: whether one of their objects has a `type`. `unknown` if some of them were not found. */
  readonly typing: 'present' | 'missing' | 'unknown'
  /** All objects that the same settings consist of, which can only be fixed together. */
  readonly group: readonly Node[]
  /** Whether all objects of the settings are known, and only one of them contains audio fields. */
  readonly isComplete: boolean
}

/** A value that could not be traced to an object. */
export interface Untraced {
  readonly start: number
  readonly what: string
}

/** The objects of a file that are sent to the service. */
export interface UsageAnalysis {
  readonly settings: ReadonlyMap<Node, Usage>
  /** Objects of other files that this file sends. */
  readonly imported: ReadonlyMap<Node, Usage>
  /** Conversation items. */
  readonly items: ReadonlySet<Node>
  readonly untraced: readonly Untraced[]
}

const placeOfEvent: Readonly<Record<string, { readonly field: string; readonly place: Place }>> = {
  'session.update': { field: 'session', place: 'session' },
  'transcription_session.update': { field: 'session', place: 'transcription_session' },
  'response.create': { field: 'response', place: 'response' },
}

const sessionsUrl = /realtime\/(transcription_)?sessions/
const deepest = 12

/** Traces sent values to their object literals through variables, functions, and members of the file, and through imports. */
export function analyzeUsage(tree: Tree, bindings: Bindings): UsageAnalysis {
  const settings = new Map<Node, Usage>()
  const imported = new Map<Node, Usage>()
  const untraced: Untraced[] = []
  const items = new Set<Node>()

  /** Calls `reach` with each object that a value may consist of, outer objects first, and `lose` where it cannot be traced. */
  function flow(from: Node | undefined, reach: (object: Node) => void, lose: () => void = () => {}, depth = 0): void {
    const node = unwrap(from)
    if (node === undefined || depth > deepest) {
      lose()
      return
    }
    const on = (next: Node | undefined) => flow(next, reach, lose, depth + 1)
    switch (node.type) {
      case 'ObjectExpression':
        reach(node)
        for (const spread of listDescendants(node, 'properties'))
          if (spread.type === 'SpreadElement') on(descendants(spread, 'argument'))
        return
      case 'ConditionalExpression':
        on(descendants(node, 'consequent'))
        on(descendants(node, 'alternate'))
        return
      case 'LogicalExpression':
        if (node.operator !== '&&') on(descendants(node, 'left'))
        on(descendants(node, 'right'))
        return
      case 'AssignmentExpression':
        on(descendants(node, 'right'))
        return
      case 'Identifier':
        fromBinding(node, on, lose)
        return
      case 'CallExpression':
        fromCall(node, on, lose)
        return
      case 'NullLiteral':
        return
      default:
        fromMember(node, on, lose, depth)
        return
    }
  }

  function fromMember(node: Node, on: (next: Node) => void, lose: () => void, depth: number): void {
    const name = memberOf(node)
    if (name === undefined) {
      lose()
      return
    }
    const values = [...bindings.valuesOfMember(name)]
    const object = unwrap(descendants(node, 'object'))
    if (object?.type === 'Identifier')
      flow(
        object,
        (holder) => values.push(...[fieldOf(holder, name)].filter((value) => value !== undefined)),
        lose,
        depth + 1,
      )
    if (values.length === 0) lose()
    for (const value of values) on(value)
  }

  function fromBinding(identifier: Node, on: (next: Node | undefined) => void, lose: () => void): void {
    const binding = bindings.resolve(identifier)
    if (binding === undefined) {
      lose()
      return
    }
    const { kind, node } = binding
    if (kind === 'variable') {
      const uses = bindings.referencesTo(binding)
      // A `type` that is assigned later is not in the object literal.
      if (uses.some((use) => mayGetType(use, tree))) lose()
      if (node.init) on(descendants(node, 'init'))
      for (const use of uses) {
        const parent = tree.parentOf.get(use)
        if (parent?.type === 'AssignmentExpression' && parent.left === use) on(descendants(parent, 'right'))
      }
    } else if (kind === 'parameter') {
      const fn = tree.parentOf.get(node)
      const at = listDescendants(fn, 'params').indexOf(node)
      const calls = fn ? callsOf(fn) : []
      if (calls.length === 0) lose()
      for (const call of calls) on(listDescendants(call, 'arguments')[at])
      if (node.type === 'AssignmentPattern') on(descendants(node, 'right'))
    } else if (kind === 'import') {
      const found = bindings.declarationOf(binding)
      const value = found && unwrap(declaredValue(found.node))
      if (value?.type === 'ObjectExpression') on(value)
      else lose()
    } else lose()
  }

  function callsOf(fn: Node): readonly Node[] {
    return tree.nodes.filter(
      (node) => node.type === 'CallExpression' && bindings.functionsOf(descendants(node, 'callee')).includes(fn),
    )
  }

  function fromCall(call: Node, on: (next: Node | undefined) => void, lose: () => void): void {
    const callee = descendants(call, 'callee')
    const args = listDescendants(call, 'arguments')
    const name = memberOf(callee) ?? callee?.name
    if (name === 'assign' || name === 'merge') for (const arg of args) on(arg)
    else if (name === 'structuredClone' || name === 'freeze' || name === 'useRef') on(args[0])
    else {
      const functions = name === 'useMemo' ? args.slice(0, 1).filter(isFunction) : bindings.functionsOf(callee)
      const values = functions.flatMap((fn) => returnsOf(fn, tree))
      const binding = callee?.type === 'Identifier' ? bindings.resolve(callee) : undefined
      const found = binding?.kind === 'import' ? bindings.declarationOf(binding) : undefined
      const fn = found && unwrap(declaredValue(found.node))
      if (found && fn && isFunction(fn)) values.push(...found.bindings.returnsOf(fn))
      if (values.length === 0) lose()
      for (const value of values) on(value)
    }
  }

  const isOwn = (object: Node) => tree.parentOf.has(object)

  function mark(object: Node, usage: Usage): void {
    const known = isOwn(object) ? settings : imported
    if (!known.has(object)) known.set(object, usage)
  }

  const markAlone = (place: Place, way: Usage['way']) => (object: Node) =>
    mark(object, { place, way, typing: 'present', group: [object], isComplete: true })

  function readEvent(type: string, event: Node): void {
    const known = placeOfEvent[type]
    if (known) {
      const group: Node[] = []
      let isLost = false
      flow(
        fieldOf(event, known.field),
        (object) => group.push(object),
        () => {
          isLost = true
        },
      )
      const isTyped = known.place === 'response' || group.some((object) => propertyOf(object, 'type'))
      const isComplete = !isLost && group.every(isOwn) && group.filter(concernsAudio).length < 2
      for (const [at, object] of group.entries()) {
        const typing = isTyped || at > 0 ? 'present' : isLost ? 'unknown' : 'missing'
        mark(object, { place: known.place, way: 'event', typing, group, isComplete })
      }
      const field = propertyOf(event, known.field)
      if (isLost && field) untraced.push({ start: field.start, what: `the settings of \`${type}\`` })
    }
    if (type === 'conversation.item.create') flow(fieldOf(event, 'item'), (item) => isOwn(item) && items.add(item))
  }

  for (const node of tree.nodes) {
    if (node.type === 'ObjectExpression') {
      const type = propertyOf(node, 'type')
      const name = type && bindings.stringOf(descendants(type, 'value'))
      if (type && name === undefined && looksLikeUpdate(node, tree))
        untraced.push({ start: type.start, what: 'the type of an event with a session' })
      if (name !== undefined) readEvent(name, node)
      const url = propertyOf(node, 'url')
      if (url) readRequest(bindings.textOf(descendants(url, 'value')), node)
    } else if (node.type === 'CallExpression') readCall(node)
  }

  function readCall(call: Node): void {
    const args = listDescendants(call, 'arguments')
    const name = memberOf(descendants(call, 'callee'))
    const [first, second] = args
    // Clients that add `type` and `event_id` themselves: `send('session.update', { session })`.
    if (first && second?.type === 'ObjectExpression' && placeOfEvent[bindings.stringOf(first) ?? ''])
      readEvent(bindings.stringOf(first) ?? '', second)
    if (name === 'updateSession')
      flow(first, (object) => looksLikeSettings(object) && markAlone('session', 'likely')(object))
    if (first && second) readRequest(bindings.textOf(first), second)
    const owner = tree.source.slice(call.start, call.end).split('(')[0] ?? ''
    const created = /\.beta\s*\.realtime\s*\.(sessions|transcriptionSessions)\s*\.create$/.exec(owner)
    if (created) flow(first, markAlone(created[1] === 'sessions' ? 'session' : 'transcription_session', 'request'))
  }

  function readRequest(url: string, options: Node): void {
    const match = sessionsUrl.exec(url)
    if (match === null) return
    const reach = markAlone(match[1] ? 'transcription_session' : 'session', 'request')
    if (options.type !== 'ObjectExpression') {
      flow(options, reach)
      return
    }
    const body = unwrap(fieldOf(options, 'body') ?? fieldOf(options, 'data') ?? fieldOf(options, 'json'))
    if (body === undefined) {
      if (looksLikeSettings(options)) reach(options)
      return
    }
    flow(body.type === 'CallExpression' ? listDescendants(body, 'arguments')[0] : body, reach)
  }

  for (const node of tree.nodes)
    if (node.type === 'ObjectExpression' && !settings.has(node) && isTelling(node, tree))
      markAlone('session', 'likely')(node)

  return { settings, imported, items, untraced }
}

function fieldOf(object: Node, name: string): Node | undefined {
  return descendants(propertyOf(object, name), 'value')
}

/** Returns whether a reference may assign a `type`: `config = …`, `config.type = …`, `config[name] = …`. */
function mayGetType(use: Node, { parentOf }: Tree): boolean {
  let node = use
  let parent = parentOf.get(node)
  const names: (string | undefined)[] = []
  while (parent && /MemberExpression$/.test(parent.type) && parent.object === node) {
    names.push(memberOf(parent))
    node = parent
    parent = parentOf.get(node)
  }
  if (parent?.type !== 'AssignmentExpression' || parent.left !== node) return false
  return names.length === 0 || names.some((name) => name === undefined || name === 'type')
}

const settingNames =
  /^(modalities|voice|input_audio_\w+|output_audio_format|turn_detection|max_response_output_tokens|instructions|temperature|tools)$/
const tellingNames =
  /^(input_audio_(format|transcription|noise_reduction)|output_audio_format|max_response_output_tokens)$/

const ownNames = /^((in|out)putAudio[A-Z]\w*|turnDetection|toolChoice|maxResponseOutputTokens)$/

/** Returns whether an object contains fields that are under `audio` in GA, or `audio` itself. */
function concernsAudio(object: Node): boolean {
  return propertiesOf(object).some((property) => /audio|^(voice|speed|turn_detection)$/.test(keyOf(property) ?? ''))
}

function looksLikeSettings(object: Node): boolean {
  return propertiesOf(object).some((property) => settingNames.test(keyOf(property) ?? ''))
}

/** Returns whether an object with a `type` that is not constant may be a `session.update`: `{ type: Events.UPDATE, session }`. */
function looksLikeUpdate(object: Node, tree: Tree): boolean {
  const type = unwrap(fieldOf(object, 'type'))
  return propertyOf(object, 'session') !== undefined && memberOf(type) !== undefined && isRealtime(tree.source)
}

/** Returns whether an object can only be beta settings. */
function isTelling(object: Node, { parentOf }: Tree): boolean {
  const names = propertiesOf(object).map((property) => keyOf(property) ?? '')
  if (names.some((name) => tellingNames.test(name))) return true
  // Options of a framework with its own names, which it converts to settings elsewhere.
  if (names.some((name) => ownNames.test(name))) return false
  const owner = parentOf.get(object)
  if (owner?.type === 'ObjectProperty' && keyOf(owner) === 'input') return false
  const detection = unwrap(fieldOf(object, 'turn_detection'))
  const kind = detection?.type === 'ObjectExpression' ? unwrap(fieldOf(detection, 'type'))?.value : undefined
  if (kind === 'server_vad' || kind === 'semantic_vad') return true
  return names.includes('modalities') && /\b(instructions|voice|turn_detection)\b/.test(names.join(' '))
}
