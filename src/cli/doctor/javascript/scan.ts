import type { Finding } from '../finding.js'
import type { Node, Tree } from './ast.js'
import type { Bindings } from './bindings.js'
import type { RewriteSafety } from './rewrite-safety.js'
import type { UsageAnalysis } from './usage-analysis.js'

/** What each look at a file gets to know. */
export interface Scan {
  readonly tree: Tree
  readonly bindings: Bindings
  readonly freedom: RewriteSafety
  readonly roles: UsageAnalysis
  /** Whether the file is written against a client of the beta, so that nothing changes until that client does. */
  readonly isBound: boolean
  /** Whether the file has to do with the Realtime API. */
  readonly isRealtime: boolean
  /** `YYYY-MM-DD`. */
  readonly today: string
  report(finding: Finding): void
}

/** The nearest function around a node, or the whole file. */
export function functionAround(node: Node, { parentOf, nodes }: Tree): Node {
  let above = parentOf.get(node)
  while (above && !/Function|Method$/.test(above.type)) above = parentOf.get(above)
  return above ?? (nodes[0] as Node)
}
