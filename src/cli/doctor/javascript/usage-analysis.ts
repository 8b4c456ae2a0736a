import type { Place } from '../catalog.js'
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
import { type Bindings, returnsOf } from './bindings.js'

/** How an object literal is used. */
export interface Usage {
  readonly place: Place
  /** How the object reaches the service: in an event, or in the request for a client secret. `likely` is inferred from its fields. */
  readonly way: 'event' | 'request' | 'likely'
  /** Whether no part of the settings has a `type`, and this object is the first part. */
  readonly isUntyped: boolean
  /** Whether no object that is spread into the same settings may have an `audio` field, which would override this one. */
  readonly isAlone: boolean
}

/** The objects of a file that are sent to the service. */
export interface UsageAnalysis {
  readonly settings: ReadonlyMap<Node, Usage>
  /** Conversation items. */
  readonly items: ReadonlySet<Node>
}

const placeOfEvent: Readonly<Record<string, { readonly field: string; readonly place: Place }>> = {
  'session.update': { field: 'session', place: 'session' },
  'transcription_session.update': { field: 'session', place: 'transcription_session' },
  'response.create': { field: 'response', place: 'response' },
}

const sessionsUrl = /realtime\/(transcription_)?sessions/
const deepest = 12

/** Traces sent values to their object literals through variables, functions, and members of the file. */
export function analyzeUsage(tree: Tree, bindings: Bindings): UsageAnalysis {
  const settings = new Map<Node, Usage>()
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
      if (functions.length === 0) lose()
      for (const fn of functions) for (const value of returnsOf(fn, tree)) on(value)
    }
  }

  const mark =
    (place: Place, way: Usage['way'], isUntyped = false, isAlone = true) =>
    (object: Node) => {
      if (!settings.has(object)) settings.set(object, { place, way, isUntyped, isAlone })
    }

  function readEvent(type: string, event: Node): void {
    const known = placeOfEvent[type]
    if (known) {
      const reached: Node[] = []
      let isLost = false
      flow(
        fieldOf(event, known.field),
        (object) => reached.push(object),
        () => {
          isLost = true
        },
      )
      const isUntyped = known.place !== 'response' && !isLost && !reached.some((object) => propertyOf(object, 'type'))
      const isSingle = !isLost && reached.filter(concernsAudio).length < 2
      for (const [at, object] of reached.entries()) {
        const isWhole = !listDescendants(object, 'properties').some(({ type }) => type === 'SpreadElement')
        mark(known.place, 'event', isUntyped && at === 0, isSingle || (isWhole && reached.length === 1))(object)
      }
    }
    if (type === 'conversation.item.create') flow(fieldOf(event, 'item'), (item) => items.add(item))
  }

  for (const node of tree.nodes) {
    if (node.type === 'ObjectExpression') {
      const type = propertyOf(node, 'type')
      if (type) readEvent(bindings.stringOf(descendants(type, 'value')) ?? '', node)
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
      flow(first, (object) => looksLikeSettings(object) && mark('session', 'likely')(object))
    if (first && second) readRequest(bindings.textOf(first), second)
    const owner = tree.source.slice(call.start, call.end).split('(')[0] ?? ''
    const created = /\.beta\s*\.realtime\s*\.(sessions|transcriptionSessions)\s*\.create$/.exec(owner)
    if (created) flow(first, mark(created[1] === 'sessions' ? 'session' : 'transcription_session', 'request'))
  }

  function readRequest(url: string, options: Node): void {
    const match = sessionsUrl.exec(url)
    if (match === null) return
    const reach = mark(match[1] ? 'transcription_session' : 'session', 'request')
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
      mark('session', 'likely')(node)

  return { settings, items }
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
