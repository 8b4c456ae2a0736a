import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { descendants, listDescendants, memberOf, type Node, type SyntaxProblem, type Tree } from './ast.js'
import { type Bindings, createBindings, type Declaration } from './bindings.js'
import type { ModuleSource, Parser } from './parser.js'

/** A parsed source file. */
export interface Module {
  readonly path: string
  readonly tree: Tree
  readonly bindings: Bindings
}

/** The source files of a repository, parsed when they are needed. */
export interface Modules {
  /** Returns the parsed file, or its syntax error. `undefined` if it is not among the sources. */
  parse(path: string): Module | SyntaxProblem | undefined
  /** Returns whether a file has been parsed, because it was asked for or imported. */
  isParsed(path: string): boolean
  /** Returns the syntax error of a file, without keeping its tree. */
  errorIn(path: string): SyntaxProblem | undefined
  /** Returns the file that an import refers to, if it is among the sources. */
  resolve(from: string, specifier: string): string | undefined
  /** Returns the folder of the package that a file belongs to. */
  rootOf(path: string): string
}

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']
const mostHops = 8

export function createModules(sources: readonly ModuleSource[], parser: Parser): Modules {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const parsed = new Map<string, Module | SyntaxProblem>()
  const rootOf = createRootFinder()

  function parse(path: string): Module | SyntaxProblem | undefined {
    const known = parsed.get(path)
    const source = byPath.get(path)
    if (known !== undefined || source === undefined) return known
    const tree = parser.parse(source)
    const module =
      'nodes' in tree
        ? {
            path,
            tree,
            bindings: createBindings(tree, (specifier, member) => findImport(path, tree, specifier, member)),
          }
        : tree
    parsed.set(path, module)
    return module
  }

  function resolve(from: string, specifier: string): string | undefined {
    for (const base of basesOf(from, specifier)) {
      const stem = base.replace(/\.[mc]?jsx?$/, '')
      const names = [base, ...extensions.map((extension) => base + extension)]
      if (stem !== base) names.push(...extensions.map((extension) => stem + extension))
      names.push(...extensions.map((extension) => join(base, `index${extension}`)))
      const found = names.find((name) => byPath.has(name))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** `@/` and `~/` are the usual aliases of the package folder and of its `src`. */
  function basesOf(from: string, specifier: string): readonly string[] {
    if (specifier.startsWith('.')) return [join(dirname(from), specifier)]
    const alias = /^[@~]\/(.*)$/.exec(specifier)
    return alias ? ['src', 'app', ''].map((folder) => join(rootOf(from), folder, alias[1] ?? '')) : []
  }

  function findImport(from: string, tree: Tree, specifier: Node, member?: string): Declaration | undefined {
    const statement = tree.parentOf.get(specifier)
    const path = resolve(from, String(descendants(statement, 'source')?.value ?? ''))
    if (path === undefined) return undefined
    if (specifier.type === 'ImportNamespaceSpecifier')
      return member === undefined ? undefined : findExport(path, member)
    if (member !== undefined) return undefined
    const imported = descendants(specifier, 'imported')
    return findExport(path, specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(imported))
  }

  function findExport(path: string, name: string, hops = 0): Declaration | undefined {
    const module = parse(path)
    if (module === undefined || !('tree' in module) || hops > mostHops) return undefined
    const { tree, bindings } = module
    const passedOn: string[] = []
    for (const node of tree.nodes) {
      const source = descendants(node, 'source')
      const target = source && resolve(path, String(source.value))
      if (node.type === 'ExportNamedDeclaration') {
        const own = declaredIn(descendants(node, 'declaration')).find(
          (each) => nameOf(descendants(each, 'id')) === name,
        )
        if (own) return { node: own, bindings }
        for (const specifier of listDescendants(node, 'specifiers')) {
          if (nameOf(descendants(specifier, 'exported')) !== name) continue
          const local = descendants(specifier, 'local')
          if (source) return target && local ? findExport(target, nameOf(local), hops + 1) : undefined
          return local && localDeclaration(local, bindings)
        }
      } else if (node.type === 'ExportDefaultDeclaration' && name === 'default') {
        const value = descendants(node, 'declaration')
        if (value?.type === 'Identifier') return localDeclaration(value, bindings)
        return value && { node: value, bindings }
      } else if (node.type === 'ExportAllDeclaration' && target) passedOn.push(target)
      else if (node.type === 'AssignmentExpression' && isExportOf(node, name)) {
        const value = descendants(node, 'right')
        if (value?.type === 'Identifier') return localDeclaration(value, bindings)
        return value && { node: value, bindings }
      }
    }
    for (const target of passedOn) {
      const found = findExport(target, name, hops + 1)
      if (found) return found
    }
    return undefined
  }

  function localDeclaration(identifier: Node, bindings: Bindings): Declaration | undefined {
    const binding = bindings.resolve(identifier)
    if (binding === undefined) return undefined
    return binding.kind === 'import' ? bindings.declarationOf(binding) : { node: binding.node, bindings }
  }

  function errorIn(path: string): SyntaxProblem | undefined {
    const source = byPath.get(path)
    return source && parser.problemIn(source)
  }

  return { parse, isParsed: (path) => parsed.has(path), errorIn, resolve, rootOf }
}

function declaredIn(declaration: Node | undefined): readonly Node[] {
  if (declaration === undefined) return []
  return declaration.type === 'VariableDeclaration' ? listDescendants(declaration, 'declarations') : [declaration]
}

/** `exports.name = …` and `module.exports.name = …` */
function isExportOf(assignment: Node, name: string): boolean {
  const left = descendants(assignment, 'left')
  const object = descendants(left, 'object')
  return memberOf(left) === name && (object?.name === 'exports' || memberOf(object) === 'exports')
}

function nameOf(node: Node | undefined): string {
  return String(node?.name ?? node?.value ?? '')
}

/** Returns a function that finds the package folder of a file. */
function createRootFinder(): (path: string) => string {
  const roots = new Map<string, string>()
  function find(folder: string): string {
    const known = roots.get(folder)
    if (known !== undefined) return known
    const above = dirname(folder)
    const root = above === folder || existsSync(join(folder, 'package.json')) ? folder : find(above)
    roots.set(folder, root)
    return root
  }
  return (path) => find(dirname(path))
}
