import { descendants, isFunction, keyOf, listDescendants, memberOf, type Node, type Tree } from './ast.js'
import type { Bindings } from './bindings.js'

/** Packages that use the beta in their types or on the wire. Code that uses them changes together with them. */
const bound =
  /^((@openai\/realtime-api-beta|openai-realtime-api(-beta)?|rt-client)(\/.*)?|openai\/(resources\/)?beta\/realtime(\/.*)?|openai\/resources\/beta)$/

/** Packages whose functions accept arbitrary text and objects. */
const open =
  /^(ws|isomorphic-ws|websocket|axios|node-fetch|cross-fetch|undici|got|ky|express|fastify|react|vue|next(\/.*)?)$/

export function isBoundPackage(specifier: string): boolean {
  return bound.test(specifier)
}

/** Creates a check of whether an object can be rewritten without breaking the code that uses it. */
export function createRewriteSafety({ nodes, parentOf, isTypeScript }: Tree, bindings: Bindings) {
  const looseTypes = looseTypesOf(nodes)
  const isLoose = (annotation: Node | undefined) => isLooseType(annotation, looseTypes)

  /** Returns whether no other code in the file and no type depends on the fields of an object. */
  function isFree(node: Node, depth = 0): boolean {
    if (depth > 12) return false
    const parent = parentOf.get(node)
    const up = () => (parent ? isFree(parent, depth + 1) : false)
    switch (parent?.type) {
      case 'ObjectProperty':
        return up()
      case 'ObjectExpression':
      case 'SpreadElement':
      case 'ArrayExpression':
      case 'ConditionalExpression':
      case 'LogicalExpression':
      case 'ParenthesizedExpression':
      case 'AwaitExpression':
        return up()
      case 'TSAsExpression':
        return isLoose(descendants(parent, 'typeAnnotation')) || isConst(descendants(parent, 'typeAnnotation'))
          ? up()
          : false
      case 'CallExpression':
      case 'OptionalCallExpression':
        return parent.callee !== node && takesAnything(parent, node)
      case 'ExpressionStatement':
        return true
      case 'ArrowFunctionExpression':
      case 'ReturnStatement':
        return !isTypeScript
      case 'VariableDeclarator':
        return parent.init === node && isFreeVariable(parent, depth)
      case 'MemberExpression':
        return parent.object === node && addsOther(parent)
      case 'ClassProperty':
        return parent.value === node && isOwn(parent) && isFreeMember(keyOf(parent), depth)
      case 'AssignmentExpression': {
        const left = descendants(parent, 'left')
        const isField = parent.right === node && descendants(left, 'object')?.type === 'ThisExpression'
        return isField && !isTypeScript && isFreeMember(memberOf(left), depth)
      }
      default:
        return false
    }
  }

  /** `session.prompt = …`: a field with the same name in GA, which is set separately. */
  function addsOther(member: Node): boolean {
    const above = parentOf.get(member)
    const name = memberOf(member)
    const isWritten = above?.type === 'AssignmentExpression' && above.left === member && above.operator === '='
    return isWritten && name !== undefined && /^(instructions|prompt|tools|tool_choice|tracing|include)$/.test(name)
  }

  function isFreeVariable(declarator: Node, depth: number): boolean {
    const id = descendants(declarator, 'id')
    const binding = id?.type === 'Identifier' ? bindings.resolve(id) : undefined
    if (id === undefined || binding === undefined) return false
    const declaration = parentOf.get(declarator)
    if (declaration && parentOf.get(declaration)?.type === 'ExportNamedDeclaration') return false
    const annotation = descendants(descendants(id, 'typeAnnotation'), 'typeAnnotation')
    if (annotation && !isLoose(annotation)) return false
    return bindings.referencesTo(binding).every((use) => isFree(use, depth + 1))
  }

  /** Returns whether a class field has no type and is private to the file. */
  function isOwn(field: Node): boolean {
    return field.typeAnnotation == null && (!isTypeScript || field.accessibility === 'private')
  }

  function isFreeMember(name: string | undefined, depth: number): boolean {
    const uses = nodes.filter((each) => name !== undefined && memberOf(each) === name)
    return uses.every((use) => {
      const parent = parentOf.get(use)
      return (parent?.type === 'AssignmentExpression' && parent.left === use) || isFree(use, depth + 1)
    })
  }

  function takesAnything(call: Node, argument: Node): boolean {
    const callee = descendants(call, 'callee')
    const name = memberOf(callee) ?? String(callee?.name ?? '')
    const object = descendants(callee, 'object')
    const owner = memberOf(object) ?? String(object?.name ?? '')
    if ((owner === 'JSON' && name === 'stringify') || owner === 'console') return true
    if (/^#?log(ger)?$/i.test(owner) && /^(trace|debug|info|log|warn|error)$/.test(name)) return true
    if (!isTypeScript) return true
    const at = listDescendants(call, 'arguments').indexOf(argument)
    const functions = bindings.functionsOf(callee)
    return (
      functions.length > 0 &&
      functions.every((fn) => {
        const parameter = listDescendants(fn, 'params')[at]
        const annotation = descendants(descendants(parameter, 'typeAnnotation'), 'typeAnnotation')
        return parameter?.type === 'Identifier' && (annotation === undefined || isLoose(annotation))
      })
    )
  }

  /** Returns whether a call belongs to a package with its own types, which may restrict the accepted strings. */
  function isTypedByPackage(node: Node): boolean {
    if (!isTypeScript) return false
    for (let above = parentOf.get(node); above && !isFunction(above); above = parentOf.get(above)) {
      if (!/^(NewExpression|(Optional)?CallExpression)$/.test(above.type)) continue
      let root = descendants(above, 'callee')
      while (root && descendants(root, 'object')) root = descendants(root, 'object')
      const binding = root?.type === 'Identifier' ? bindings.resolve(root) : undefined
      if (binding?.kind !== 'import') continue
      const from = String(descendants(parentOf.get(binding.node), 'source')?.value ?? '')
      if (!from.startsWith('.') && !open.test(from)) return true
    }
    return false
  }

  /** Returns whether removing this reference leaves an unused name, which strict compilers reject. */
  function leavesUnused(node: Node): boolean {
    if (!isTypeScript) return false
    const root = node.type === 'Identifier' ? node : undefined
    if (root === undefined) return !/Literal$|^UnaryExpression$/.test(node.type)
    const binding = bindings.resolve(root)
    return binding === undefined || bindings.referencesTo(binding).length < 2
  }

  return { isFree: (node: Node) => isFree(node), isTypedByPackage, leavesUnused }
}

export type RewriteSafety = ReturnType<typeof createRewriteSafety>

/** Returns whether a type accepts any field: `any`, `unknown`, `object`, a record of them, or a loose type of this file. */
function isLooseType(annotation: Node | undefined, looseTypes: ReadonlySet<string>): boolean {
  if (annotation === undefined) return false
  if (/^TS(Any|Unknown|Object)Keyword$/.test(annotation.type)) return true
  const name = descendants(annotation, 'typeName')?.name
  const parameters = listDescendants(
    descendants(annotation, 'typeParameters') ?? descendants(annotation, 'typeArguments'),
    'params',
  )
  if (name === 'Record') return isLooseType(parameters[1], looseTypes)
  if (annotation.type === 'TSTypeLiteral') return takesAnyField(listDescendants(annotation, 'members'))
  return typeof name === 'string' && parameters.length === 0 && looseTypes.has(name)
}

/** Returns the interfaces and type aliases of a file that accept any field. */
function looseTypesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(
    nodes
      .filter((node) =>
        node.type === 'TSInterfaceDeclaration'
          ? listDescendants(node, 'extends').length === 0 &&
            takesAnyField(listDescendants(descendants(node, 'body'), 'body'))
          : node.type === 'TSTypeAliasDeclaration' &&
            takesAnyField(listDescendants(descendants(node, 'typeAnnotation'), 'members')),
      )
      .map((node) => String(descendants(node, 'id')?.name)),
  )
}

const plain = /^TS((String|Number|Boolean|Any|Unknown)Keyword|LiteralType)$/

/** `{ type: string; [key: string]: any }` */
function takesAnyField(members: readonly Node[]): boolean {
  const typeOf = (member: Node) => descendants(descendants(member, 'typeAnnotation'), 'typeAnnotation')
  return (
    members.some((member) => member.type === 'TSIndexSignature' && isLooseType(typeOf(member), new Set())) &&
    members.every((member) => member.type === 'TSIndexSignature' || plain.test(typeOf(member)?.type ?? ''))
  )
}

function isConst(annotation: Node | undefined): boolean {
  return descendants(annotation, 'typeName')?.name === 'const'
}
