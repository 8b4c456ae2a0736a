import { type ParserPlugin, parse } from '@babel/parser'

/** The used part of a syntax tree node. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** The syntax tree of a source file. */
export interface Tree {
  readonly source: string
  /** All nodes in the order of the text, parents before children. */
  readonly nodes: readonly Node[]
  readonly parentOf: ReadonlyMap<Node, Node>
  readonly comments: readonly Node[]
  readonly isTypeScript: boolean
  /** Number of errors that the parser recovered from. */
  readonly errors: number
}

/** A syntax error. */
export interface SyntaxProblem {
  readonly message: string
  readonly start: number
}

/** Returns the parser plugins for the file extension. */
function pluginsOf(file: string): readonly ParserPlugin[] {
  if (/\.[mc]?ts$/i.test(file)) return ['typescript', 'decorators-legacy']
  if (/\.(tsx|vue|svelte|astro)$/i.test(file)) return ['typescript', 'jsx', 'decorators-legacy']
  return ['jsx', 'decorators-legacy']
}

/** Parses a file. Returns the tree, or the syntax error. */
export function parseTree(source: string, file: string): Tree | SyntaxProblem {
  const plugins = pluginsOf(file)
  // Many .js files contain Flow or TypeScript types.
  const grammars = plugins.includes('typescript')
    ? [plugins]
    : [plugins, [...plugins, 'flow' as const], [...plugins, 'typescript' as const]]
  let problem: SyntaxProblem | undefined
  for (const grammar of grammars) {
    const tree = attempt(source, grammar)
    if ('nodes' in tree) return tree
    problem ??= tree
  }
  return problem as SyntaxProblem
}

function attempt(source: string, plugins: readonly ParserPlugin[]): Tree | SyntaxProblem {
  try {
    const file = parse(source, {
      sourceType: 'unambiguous',
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowUndeclaredExports: true,
      allowNewTargetOutsideFunction: true,
      allowSuperOutsideMethod: true,
      plugins: [...plugins],
    })
    const { nodes, parentOf } = index(file.program as unknown as Node)
    return {
      source,
      nodes,
      parentOf,
      comments: (file.comments ?? []) as unknown as Node[],
      isTypeScript: plugins.includes('typescript'),
      errors: file.errors?.length ?? 0,
    }
  } catch (error) {
    if (error instanceof RangeError) return { message: 'is nested too deeply', start: 0 }
    const { message, pos = 0 } = error as Error & { pos?: number }
    return { message: message.replace(/ \(\d+:\d+\)$/, '').split('\n')[0] ?? '', start: pos }
  }
}

const beside = new Set(['loc', 'comments', 'leadingComments', 'trailingComments', 'innerComments', 'extra', 'errors'])

function index(program: Node): { readonly nodes: readonly Node[]; readonly parentOf: ReadonlyMap<Node, Node> } {
  const nodes: Node[] = []
  const parentOf = new Map<Node, Node>()
  const stack = [program]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node)
    const children = childrenOf(node)
    for (const child of children) parentOf.set(child, node)
    for (const child of children.reverse()) stack.push(child)
  }
  return { nodes, parentOf }
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (const [field, value] of Object.entries(node)) {
    if (beside.has(field)) continue
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) children.push(child)
  }
  return children.sort((a, b) => a.start - b.start)
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Returns the child node in a field. */
export function descendants(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field]
  return isNode(value) ? value : undefined
}

/** Returns the child nodes in a list field, without holes. */
export function listDescendants(node: Node | undefined, field: string): readonly Node[] {
  const value = node?.[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

const coats = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression',
  'AwaitExpression',
])

/** Returns the expression inside type assertions, parentheses, and `await`. */
export function unwrap(node: Node | undefined): Node | undefined {
  let inner = node
  while (inner && coats.has(inner.type))
    inner = descendants(inner, inner.type === 'AwaitExpression' ? 'argument' : 'expression')
  return inner
}

/** Returns the literal name of a property: `a`, `'a'`, or `['a']`. */
export function keyOf(property: Node): string | undefined {
  const key = descendants(property, 'key')
  if (key?.type === 'StringLiteral') return String(key.value)
  return key?.type === 'Identifier' && property.computed !== true ? String(key.name) : undefined
}

/** Returns the properties of an object that have a name and a value. */
export function propertiesOf(object: Node): readonly Node[] {
  return listDescendants(object, 'properties').filter(({ type }) => type === 'ObjectProperty')
}

export function propertyOf(object: Node, name: string): Node | undefined {
  return propertiesOf(object).findLast((property) => keyOf(property) === name)
}

/** Returns the property name of a member expression: `a.name`, `a?.name`, `a['name']`. */
export function memberOf(node: Node | undefined): string | undefined {
  if (node?.type !== 'MemberExpression' && node?.type !== 'OptionalMemberExpression') return undefined
  const property = descendants(node, 'property')
  if (property?.type === 'StringLiteral') return String(property.value)
  return property?.type === 'Identifier' && node.computed !== true ? String(property.name) : undefined
}

export function isFunction({ type }: Node): boolean {
  return /Function|ObjectMethod|ClassMethod|ClassPrivateMethod/.test(type) && !type.startsWith('TS')
}
