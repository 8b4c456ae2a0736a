import type { Node } from './ast.js'
import { isBoundTree, mayBeBeta } from './diagnose.js'
import type { Modules } from './modules.js'
import { analyzeUsage, type Usage, type UsageAnalysis } from './usage-analysis.js'

/** A script of a project. */
interface Script {
  readonly path: string
  readonly text: string
}

/** Analyzes what each file sends. Objects of other files that it sends are added to the analysis of those files. */
export function usagesOf(scripts: readonly Script[], modules: Modules): ReadonlyMap<string, UsageAnalysis> {
  const usages = new Map<string, UsageAnalysis>()
  for (const { path, text } of scripts) {
    const module = mayBeBeta(text) ? modules.parse(path) : undefined
    if (module && 'tree' in module) usages.set(path, analyzeUsage(module.tree, module.bindings))
  }
  const imported = [...usages.values()].flatMap((usage) => [...usage.imported])
  if (imported.length === 0) return usages
  for (const { path } of scripts) {
    const module = modules.isParsed(path) ? modules.parse(path) : undefined
    if (module === undefined || !('tree' in module)) continue
    const added = imported.filter(([object]) => module.tree.parentOf.has(object))
    const usage = usages.get(path) ?? analyzeUsage(module.tree, module.bindings)
    if (added.length > 0) usages.set(path, { ...usage, settings: merge(usage.settings, added) })
  }
  return usages
}

/** Objects that another file sends are known by the event that contains them, not by their fields. */
function merge(settings: ReadonlyMap<Node, Usage>, added: readonly (readonly [Node, Usage])[]) {
  const known = [...settings].filter(
    ([object, { way }]) => way !== 'likely' || !added.some(([each]) => each === object),
  )
  return new Map([...added, ...known])
}

/** Returns the packages whose TypeScript depends on beta types, which have to change first. */
export function boundRoots(scripts: readonly Script[], modules: Modules): ReadonlySet<string> {
  const roots = scripts.flatMap(({ path, text }) => {
    if (!/beta\/realtime|realtime-api|rt-client|\.beta\b/.test(text) || !/realtime/.test(text)) return []
    const module = modules.parse(path)
    return module && 'tree' in module && isBoundTree(module.tree) ? [modules.rootOf(path)] : []
  })
  return new Set(roots)
}
