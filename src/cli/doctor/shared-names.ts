import { type Edit, type Examined, type Finding, withoutEdit } from './finding.js'
import type { Code } from './read.js'

/**
 * Removes the edits of event and model names that one place of a TypeScript package keeps, because types connect their uses: a type that
 * keeps a name does not accept the new name elsewhere.
 */
export function keepSharedNames(
  codes: readonly Code[],
  results: ReadonlyMap<string, Examined>,
  rootOf: (path: string) => string,
): ReadonlyMap<string, Examined> {
  const byRoot = new Map<string, Code[]>()
  for (const code of codes)
    if (isTyped(code.file)) byRoot.set(rootOf(code.path), [...(byRoot.get(rootOf(code.path)) ?? []), code])
  const changed = new Map(results)
  for (const group of byRoot.values()) {
    const findings = group.flatMap(({ path }) => results.get(path)?.findings ?? []).filter(({ rule }) => isShared(rule))
    const kept = new Set(findings.filter(({ edit }) => edit === undefined).map(({ what }) => what))
    // An edit may replace several names. All of them stay if one of them does.
    const dropped = new Set<Edit>()
    for (let size = -1; size !== dropped.size; ) {
      size = dropped.size
      for (const { what, edit } of findings) if (edit && isKept(what, kept)) dropped.add(edit)
      for (const { what, edit } of findings) if (edit && dropped.has(edit)) kept.add(what)
    }
    if (dropped.size === 0) continue
    for (const { path } of group) {
      const result = results.get(path) as Examined
      const left = result.findings.map((each) => (each.edit && dropped.has(each.edit) ? withoutEdit(each) : each))
      changed.set(path, { ...result, findings: left })
    }
  }
  return changed
}

function isShared(rule: Finding['rule']): boolean {
  return rule === 'event' || rule === 'model'
}

/** A name such as `response.…delta` is assembled at run time and may be any event that fits. */
function isKept(name: string, kept: ReadonlySet<string>): boolean {
  return [...kept].some((each) => {
    if (!each.includes('…')) return each === name
    const [start = '', end = ''] = each.split('…')
    return name.startsWith(start) && name.endsWith(end)
  })
}

function isTyped(file: string): boolean {
  return /\.[mc]?tsx?$/i.test(file)
}
