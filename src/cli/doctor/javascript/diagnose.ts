import type { Diagnosis, Edit, Finding, Problem } from '../finding.js'
import { isOtherAddress } from '../service.js'
import { isRealtime } from '../text-rules.js'
import { descendants, listDescendants, memberOf, type Node, type SyntaxProblem, type Tree } from './ast.js'
import type { Bindings } from './bindings.js'
import { scanHeaders } from './connection.js'
import type { Module } from './modules.js'
import { createRewriteSafety, isBoundPackage } from './rewrite-safety.js'
import { importsOf, scanSdk } from './sdk.js'
import { scanSettings } from './settings.js'
import { scanStrings } from './strings.js'
import type { UsageAnalysis } from './usage-analysis.js'

/** Information about a file besides its code. */
export interface FileContext {
  readonly usage: UsageAnalysis
  /** Whether the TypeScript of its package depends on beta types. */
  readonly isBound: boolean
  /** `YYYY-MM-DD`. */
  readonly today: string
}

/** Finds uses of the beta in TypeScript and JavaScript. */
export function diagnoseScript({ tree, bindings }: Module, { usage, isBound, today }: FileContext): Diagnosis {
  const findings: Finding[] = []
  const foreign = rangesOfOtherServices(tree, bindings)
  const scan = {
    tree,
    bindings,
    freedom: createRewriteSafety(tree, bindings),
    roles: usage,
    isBound: isBoundTree(tree) || (isBound && tree.isTypeScript),
    isRealtime: isRealtime(tree.source),
    today,
    unions: new Map<Node, Edit>(),
    report(finding: Finding): void {
      if (!foreign.some(({ start, end }) => start <= finding.start && finding.start < end)) findings.push(finding)
    },
  }
  scanSdk(scan)
  scanHeaders(scan)
  scanStrings(scan)
  scanSettings(scan)
  return { findings: inOrder(findings) }
}

/** Returns the calls that connect to another service, such as `new WebSocket('wss://…', { headers })`. */
function rangesOfOtherServices(tree: Tree, bindings: Bindings) {
  return tree.nodes.filter((node) => {
    if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false
    const [first] = listDescendants(node, 'arguments')
    return first !== undefined && !/Function/.test(first.type) && isOtherAddress(bindings.textOf(first))
  })
}

/** Returns whether a file uses a beta client. */
export function isBoundTree(tree: Tree): boolean {
  return (
    importsOf(tree).some(({ specifier }) => isBoundPackage(specifier)) ||
    tree.nodes.some((node) => memberOf(node) === 'realtime' && memberOf(descendants(node, 'object')) === 'beta')
  )
}

/** Quickly rejects files that cannot contain the beta. */
export function mayBeBeta(source: string): boolean {
  return /realtime|response\.|session|conversation\.item|output_audio_buffer|client_secret|input_audio|modalities/i.test(
    source,
  )
}

/** Converts a syntax error to a problem of the file. */
export function syntaxProblem({ message, start }: SyntaxProblem): Problem {
  return { message: `cannot be parsed: ${message.replace(/\.$/, '')}`, start }
}

/** Sorts findings and removes duplicates at the same place. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return [...findings]
    .sort((a, b) => a.start - b.start || Number(b.edit !== undefined) - Number(a.edit !== undefined))
    .filter(({ rule, start, what }) => {
      const id = `${rule} ${start} ${what}`
      return !seen.has(id) && seen.add(id)
    })
}
