import type { Edit, Finding } from '../finding.js'
import type { Node, Tree } from './ast.js'
import type { Bindings } from './bindings.js'
import type { RewriteSafety } from './rewrite-safety.js'
import type { UsageAnalysis } from './usage-analysis.js'

/** The context of each scan. */
export interface Scan {
  readonly tree: Tree
  readonly bindings: Bindings
  readonly freedom: RewriteSafety
  readonly roles: UsageAnalysis
  /** Whether the file uses a beta client, so that nothing is changed until the client changes. */
  readonly isBound: boolean
  /** Whether the file uses the Realtime API. */
  readonly isRealtime: boolean
  /** `YYYY-MM-DD`. */
  readonly today: string
  /** The edits of union types, which replace several names at once. */
  readonly unions: Map<Node, Edit>
  report(finding: Finding): void
}

/** Returns the closest function around a node, or the whole file. */
export function functionAround(node: Node, { parentOf, nodes }: Tree): Node {
  let above = parentOf.get(node)
  while (above && !/Function|Method$/.test(above.type)) above = parentOf.get(above)
  return above ?? (nodes[0] as Node)
}
