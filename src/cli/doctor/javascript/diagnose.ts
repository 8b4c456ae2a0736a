import type { Diagnosis, Finding, Problem } from '../finding.js'
import { isRealtime, otherServicesIn } from '../text-rules.js'
import { descendants, memberOf, parseTree, type Tree } from './ast.js'
import { createBindings } from './bindings.js'
import { scanHeaders } from './connection.js'
import { createRewriteSafety, isBoundPackage } from './rewrite-safety.js'
import { importsOf, scanSdk } from './sdk.js'
import { scanSettings } from './settings.js'
import { scanStrings } from './strings.js'
import { analyzeUsage } from './usage-analysis.js'

/** Information about a file besides its text. */
export interface FileContext {
  /** File name. The extension determines the grammar. */
  readonly file: string
  /** Whether the TypeScript of its package depends on beta types. */
  readonly isBound: boolean
  /** `YYYY-MM-DD`. */
  readonly today: string
}

/** Finds uses of the beta in TypeScript and JavaScript. */
export function diagnoseScript(source: string, { file, isBound, today }: FileContext): Diagnosis {
  const tree = parseTree(source, file)
  if (!('nodes' in tree)) return { findings: [], problem: broken(tree) }
  const others = otherServicesIn(source)
  if (!mayBeBeta(source) || others === 'all') return { findings: [] }
  const findings: Finding[] = []
  const bindings = createBindings(tree)
  const scan = {
    tree,
    bindings,
    freedom: createRewriteSafety(tree, bindings),
    roles: analyzeUsage(tree, bindings),
    isBound: isBoundTree(tree) || (isBound && tree.isTypeScript),
    isRealtime: isRealtime(source),
    today,
    report: (finding: Finding) => void findings.push(finding),
  }
  scanSdk(scan)
  scanHeaders(scan)
  scanStrings(scan)
  scanSettings(scan)
  const ordered = inOrder(findings)
  // It is unclear which service a name belongs to, so nothing is changed automatically.
  return { findings: others === 'some' ? ordered.map(({ edit: _, ...finding }) => finding) : ordered }
}

/** Returns whether a file uses a beta client. */
export function isBoundScript(source: string, file: string): boolean {
  if (!/realtime/.test(source)) return false
  const tree = parseTree(source, file)
  return 'nodes' in tree && isBoundTree(tree)
}

function isBoundTree(tree: Tree): boolean {
  return (
    importsOf(tree).some(({ specifier }) => isBoundPackage(specifier)) ||
    tree.nodes.some((node) => memberOf(node) === 'realtime' && memberOf(descendants(node, 'object')) === 'beta')
  )
}

/** Quickly rejects files that cannot contain the beta. */
function mayBeBeta(source: string): boolean {
  return /realtime|response\.|session|conversation\.item|output_audio_buffer|client_secret|input_audio|modalities/i.test(
    source,
  )
}

function broken({ message, start }: { message: string; start: number }): Problem {
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
