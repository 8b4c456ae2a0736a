import { connectionRename, findingOf } from '../catalog.js'
import type { Edit } from '../finding.js'
import { isBetaHeader } from '../text-rules.js'
import { descendants, listDescendants, memberOf, type Node } from './ast.js'
import { removal } from './layout.js'
import type { Scan } from './scan.js'

const header = connectionRename('OpenAI-Beta: realtime=v1')

/** Finds the beta header, in any notation. */
export function scanHeaders(scan: Scan): void {
  const { tree, bindings } = scan
  const nameOf = (node: Node | undefined) =>
    node?.type === 'Identifier' || node?.type === 'StringLiteral' || node?.type === 'MemberExpression'
      ? (bindings.stringOf(node) ?? '')
      : ''
  const covered = new Set<Node>()

  function check(start: number, value: Node | undefined, edit: () => Edit | undefined): void {
    const text = bindings.textOf(value)
    // Betas of other APIs use the same header.
    if (!text.includes('realtime=v1') && !(text.includes('…') && scan.isRealtime)) return
    if (value) covered.add(value)
    const isPlain = value?.type === 'StringLiteral' && /^\s*realtime=v1\s*$/.test(text)
    scan.report(findingOf(header, { start, fix: 'Remove the header.', edit: isPlain ? edit() : undefined }))
  }

  for (const node of tree.nodes) {
    const parent = tree.parentOf.get(node)
    if (node.type === 'ObjectProperty' && parent?.type === 'ObjectExpression') {
      const key = descendants(node, 'key')
      const name = node.computed === true ? nameOf(key) : key?.type === 'StringLiteral' ? String(key.value) : ''
      const entries = listDescendants(parent, 'properties')
      if (isBetaHeader(name))
        check(node.start, descendants(node, 'value'), () =>
          node.computed === true || (entries.length === 1 && isBranch(parent, scan))
            ? undefined
            : removal(tree, parent, entries, node),
        )
    } else if (
      node.type === 'CallExpression' &&
      /^(set|append|setHeader|header)$/.test(memberOf(descendants(node, 'callee')) ?? '')
    ) {
      const [name, value] = listDescendants(node, 'arguments')
      if (isBetaHeader(nameOf(name))) check(node.start, value, () => dropStatement(node, scan))
    } else if (node.type === 'AssignmentExpression' && isBetaHeader(memberOf(descendants(node, 'left')) ?? '')) {
      check(node.start, descendants(node, 'right'), () => dropStatement(node, scan))
    } else if (node.type === 'ArrayExpression' && listDescendants(node, 'elements').length === 2) {
      const [name, value] = listDescendants(node, 'elements')
      if (isBetaHeader(nameOf(name)))
        check(node.start, value, () =>
          parent?.type === 'ArrayExpression'
            ? removal(tree, parent, listDescendants(parent, 'elements'), node)
            : undefined,
        )
    }
  }
  // The value may be a constant or an argument of a helper.
  for (const node of tree.nodes)
    if (node.type === 'StringLiteral' && node.value === 'realtime=v1' && !covered.has(node))
      scan.report(findingOf(header, { start: node.start, what: 'realtime=v1', fix: 'Remove the header.' }))
}

/** Returns whether an object is a branch of a condition, such as `isBeta ? { … } : {}`. Removed, it leaves the condition without an effect. */
function isBranch(object: Node, { tree }: Scan): boolean {
  const above = tree.parentOf.get(object)
  return /^(ConditionalExpression|LogicalExpression)$/.test(above?.type ?? '')
}

/** Returns the edit that removes a statement, with its line if it is alone on it. */
function dropStatement(node: Node, { tree: { source, parentOf } }: Scan): Edit | undefined {
  const statement = parentOf.get(node)
  const owner = descendants(descendants(node, 'callee') ?? descendants(node, 'left'), 'object')
  if (statement?.type !== 'ExpressionStatement' || owner?.type === 'CallExpression') return undefined
  if (!/^(BlockStatement|Program|SwitchCase)$/.test(parentOf.get(statement)?.type ?? '')) return undefined
  const { start, end } = statement
  const line = source.lastIndexOf('\n', start - 1) + 1
  const next = /^[ \t]*\r?\n/.exec(source.slice(end))
  const isAlone = source.slice(line, start).trim() === '' && next !== null
  return isAlone ? { start: line, end: end + next[0].length, text: '' } : { start, end, text: '' }
}
