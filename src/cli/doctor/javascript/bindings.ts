import {
  descendants,
  isFunction,
  isNode,
  keyOf,
  listDescendants,
  memberOf,
  type Node,
  propertyOf,
  type Tree,
  unwrap,
} from './ast.js'

/** The declaration of a name. */
export interface Binding {
  readonly name: string
  readonly kind: 'variable' | 'function' | 'parameter' | 'import' | 'other'
  /** The declarator, function, parameter, or import. */
  readonly node: Node
  /** The node in which the name is in scope. */
  readonly scope: Node
}

/** Name resolution for a file. */
export interface Bindings {
  /** Returns the declaration that an identifier refers to. */
  resolve(identifier: Node): Binding | undefined
  /** Returns all references to a binding. */
  referencesTo(binding: Binding): readonly Node[]
  /** Returns the functions of this file that a callee may refer to. */
  functionsOf(callee: Node | undefined): readonly Node[]
  /** Returns the text of an expression. Parts that are not constant in the repository are replaced by `…`. */
  textOf(expression: Node | undefined, depth?: number): string
  /** Returns the declaration that an identifier of an import refers to, in another file. */
  declarationOf(binding: Binding, member?: string): Declaration | undefined
  /** Returns the text of an expression if all of it is constant. */
  stringOf(expression: Node | undefined): string | undefined
  /** Returns the expressions that a function of this file returns. */
  returnsOf(fn: Node): readonly Node[]
  /** Returns the assigned and initial values of a member such as `this.config`, by its name. */
  valuesOfMember(name: string): readonly Node[]
}

/** A declaration that was found, with the bindings of its file. */
export interface Declaration {
  /** The declarator, function, or enum, or the exported expression. */
  readonly node: Node
  readonly bindings: Bindings
}

/** Returns the declaration behind an import: of its name, or of a member of an imported namespace. */
export type FindImport = (specifier: Node, member?: string) => Declaration | undefined

const deepest = 8

export function createBindings(tree: Tree, findImport: FindImport = () => undefined): Bindings {
  const { nodes, parentOf } = tree
  const byName = new Map<string, Binding[]>()
  const identifiers = new Map<string, Node[]>()
  const members = new Map<string, Node[]>()
  const methods = new Map<string, Node[]>()

  for (const node of nodes) {
    declare(node)
    if (node.type === 'Identifier' && isReference(node, parentOf.get(node))) push(identifiers, String(node.name), node)
    if (node.type === 'AssignmentExpression')
      add(members, memberOf(descendants(node, 'left')), descendants(node, 'right'))
    if (node.type === 'ClassProperty') add(members, keyOf(node), descendants(node, 'value'))
    if (node.type === 'ClassMethod' || node.type === 'ObjectMethod') add(methods, keyOf(node), node)
  }

  function declare(node: Node): void {
    const scope = scopeAbove(node, parentOf)
    const bind = (id: Node | undefined, kind: Binding['kind'], at: Node, where: Node | undefined) => {
      if (id && where)
        for (const name of namesIn(id))
          push(byName, name, {
            name,
            kind: id.type === 'Identifier' ? kind : kind === 'parameter' ? kind : 'other',
            node: at,
            scope: where,
          })
    }
    if (node.type === 'VariableDeclarator') bind(descendants(node, 'id'), 'variable', node, scope)
    else if (node.type === 'FunctionDeclaration') bind(descendants(node, 'id'), 'function', node, scope)
    else if (node.type === 'ClassDeclaration' || node.type === 'TSEnumDeclaration')
      bind(descendants(node, 'id'), 'other', node, scope)
    else if (/^Import(Default|Namespace)?Specifier$/.test(node.type))
      bind(descendants(node, 'local'), 'import', node, scope)
    if (isFunction(node))
      for (const parameter of listDescendants(node, 'params')) bind(parameter, 'parameter', parameter, node)
  }

  function resolve(identifier: Node): Binding | undefined {
    const candidates = byName.get(String(identifier.name)) ?? []
    for (let node: Node | undefined = identifier; node; node = parentOf.get(node)) {
      const found = candidates.find(({ scope }) => scope === node)
      if (found) return found
    }
    return undefined
  }

  function functionsOf(callee: Node | undefined): readonly Node[] {
    const name = memberOf(callee)
    if (name !== undefined) return [...(methods.get(name) ?? []), ...(members.get(name) ?? []).filter(isFunction)]
    const binding = callee?.type === 'Identifier' ? resolve(callee) : undefined
    if (binding?.kind === 'function') return [binding.node]
    const init = binding?.kind === 'variable' ? unwrapHook(unwrap(descendants(binding.node, 'init'))) : undefined
    return init && isFunction(init) ? [init] : []
  }

  function textOf(expression: Node | undefined, depth = 0): string {
    const node = unwrap(expression)
    if (node === undefined || depth > deepest) return '…'
    const inner = (each: Node | undefined) => textOf(each, depth + 1)
    switch (node.type) {
      case 'StringLiteral':
        return String(node.value)
      case 'TemplateLiteral': {
        const expressions = listDescendants(node, 'expressions')
        return listDescendants(node, 'quasis')
          .map(
            (quasi, at) =>
              `${(quasi.value as { cooked?: string }).cooked ?? ''}${expressions[at] ? inner(expressions[at]) : ''}`,
          )
          .join('')
      }
      case 'BinaryExpression':
        return node.operator === '+' ? inner(descendants(node, 'left')) + inner(descendants(node, 'right')) : '…'
      case 'LogicalExpression':
        return inner(descendants(node, 'right'))
      case 'Identifier': {
        const binding = resolve(node)
        if (binding?.kind === 'variable') return inner(descendants(binding.node, 'init'))
        const found = binding?.kind === 'import' ? findImport(binding.node) : undefined
        return found ? found.bindings.textOf(declaredValue(found.node), depth + 1) : '…'
      }
      case 'NewExpression':
        return inner(listDescendants(node, 'arguments')[0])
      default:
        return memberText(node, inner, depth)
    }
  }

  /** Resolves `Events.delta`, where `Events` is an object, an enum, or a namespace of the repository. */
  function memberText(node: Node, inner: (node: Node | undefined) => string, depth: number): string {
    const name = memberOf(node)
    const object = descendants(node, 'object')
    if (name === undefined || object?.type !== 'Identifier') return '…'
    const binding = resolve(object)
    if (binding?.kind !== 'import') return binding ? inner(memberValue(binding.node, name)) : '…'
    const holder = findImport(binding.node)
    if (holder) return holder.bindings.textOf(memberValue(holder.node, name), depth + 1)
    const exported = findImport(binding.node, name)
    return exported ? exported.bindings.textOf(declaredValue(exported.node), depth + 1) : '…'
  }

  return {
    resolve,
    functionsOf,
    referencesTo: (binding) => (identifiers.get(binding.name) ?? []).filter((each) => resolve(each) === binding),
    textOf,
    declarationOf: (binding, member) => findImport(binding.node, member),
    stringOf(expression) {
      const text = textOf(expression)
      return text.includes('…') ? undefined : text
    },
    returnsOf: (fn) => returnsOf(fn, tree),
    valuesOfMember: (name) => members.get(name) ?? [],
  }
}

/** Returns the value of a declarator. Any other declaration is its own value. */
export function declaredValue(declaration: Node): Node | undefined {
  return declaration.type === 'VariableDeclarator' ? descendants(declaration, 'init') : declaration
}

/** Returns the value of a member of an object or enum. */
function memberValue(declaration: Node, name: string): Node | undefined {
  if (declaration.type === 'TSEnumDeclaration') {
    const members = listDescendants(declaration, 'members')
    const member = members.find((each) => {
      const id = descendants(each, 'id')
      return (id?.name ?? id?.value) === name
    })
    return descendants(member, 'initializer')
  }
  const object = unwrap(declaredValue(declaration))
  const frozen = object?.type === 'CallExpression' ? unwrap(listDescendants(object, 'arguments')[0]) : object
  return frozen?.type === 'ObjectExpression' ? descendants(propertyOf(frozen, name), 'value') : undefined
}

function push<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  const list = map.get(name)
  if (list) list.push(value)
  else map.set(name, [value])
}

function add(map: Map<string, Node[]>, name: string | undefined, node: Node | undefined): void {
  if (name !== undefined && node) push(map, name, node)
}

function scopeAbove(node: Node, parentOf: ReadonlyMap<Node, Node>): Node | undefined {
  let above = parentOf.get(node)
  while (
    above &&
    !isFunction(above) &&
    !/^(Program|BlockStatement|For\w*Statement|SwitchStatement|TSModuleBlock)$/.test(above.type)
  )
    above = parentOf.get(above)
  return above
}

/** Returns the names that a pattern declares. */
function namesIn(pattern: Node): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [String(pattern.name)]
    case 'AssignmentPattern':
      return namesOf(descendants(pattern, 'left'))
    case 'RestElement':
      return namesOf(descendants(pattern, 'argument'))
    case 'TSParameterProperty':
      return namesOf(descendants(pattern, 'parameter'))
    case 'ArrayPattern':
      return listDescendants(pattern, 'elements').flatMap(namesIn)
    case 'ObjectPattern':
      return listDescendants(pattern, 'properties').flatMap((property) =>
        namesOf(property.type === 'RestElement' ? property : descendants(property, 'value')),
      )
    default:
      return []
  }
}

function namesOf(pattern: Node | undefined): readonly string[] {
  return pattern ? namesIn(pattern) : []
}

/** Returns whether an identifier is a reference, not a declaration or a property name. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false
  if (parent.type === 'MemberExpression' || parent.type === 'OptionalMemberExpression')
    return parent.property !== node || parent.computed === true
  if (
    /^(ObjectProperty|ObjectMethod|Class\w*(Property|Method))$/.test(parent.type) &&
    parent.key === node &&
    parent.computed !== true
  )
    return false
  if (parent.type === 'VariableDeclarator' || isFunction(parent) || /^(Class|TSEnum)/.test(parent.type))
    return parent.id !== node && !listDescendants(parent, 'params').includes(node)
  return !/^(Import\w*Specifier|LabeledStatement|TSPropertySignature|TSEnumMember|JSXAttribute)$/.test(parent.type)
}

/** Returns the function in `useCallback(() => …)`. */
function unwrapHook(node: Node | undefined): Node | undefined {
  if (node?.type !== 'CallExpression') return node
  const callee = descendants(node, 'callee')
  const name = memberOf(callee) ?? callee?.name
  return name === 'useCallback' ? unwrap(listDescendants(node, 'arguments')[0]) : node
}

/** Returns the expressions that a function returns. */
export function returnsOf(fn: Node, { nodes, parentOf }: Tree): readonly Node[] {
  const body = descendants(fn, 'body')
  if (body === undefined) return []
  if (body.type !== 'BlockStatement') return [body]
  return nodes.flatMap((node) => {
    if (node.type !== 'ReturnStatement' || node.start < fn.start || node.end > fn.end) return []
    let above = parentOf.get(node)
    while (above && !isFunction(above)) above = parentOf.get(above)
    return above === fn && isNode(node.argument) ? [node.argument] : []
  })
}
