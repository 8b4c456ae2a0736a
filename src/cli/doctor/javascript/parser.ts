import { parseTree, type SyntaxProblem, type Tree } from './ast.js'

/** A file whose imports can be followed. `code` is its text, with everything that is not script blanked. */
export interface ModuleSource {
  readonly path: string
  readonly file: string
  readonly code: string
}

/** Parses each source once. */
export interface Parser {
  /** Returns the tree of a source, or its syntax error. */
  parse(source: ModuleSource): Tree | SyntaxProblem
  /** Returns the syntax error of a source, without keeping its tree. */
  problemIn(source: ModuleSource): SyntaxProblem | undefined
}

export function createParser(): Parser {
  const trees = new WeakMap<ModuleSource, Tree | SyntaxProblem>()
  const problems = new WeakMap<ModuleSource, { readonly problem: SyntaxProblem | undefined }>()
  return {
    parse(source) {
      const tree = trees.get(source) ?? parseTree(source.code, source.file)
      trees.set(source, tree)
      return tree
    },
    problemIn(source) {
      const known = problems.get(source)
      if (known) return known.problem
      const tree = trees.get(source) ?? parseTree(source.code, source.file)
      const problem = 'nodes' in tree ? undefined : tree
      problems.set(source, { problem })
      return problem
    },
  }
}
