import { configFindings } from './config-files.js'
import { applyEdits, compatible, type Diagnosis, type Edit, type Finding } from './finding.js'
import type { Node } from './javascript/ast.js'
import { diagnoseScript, isBoundTree, mayBeBeta, syntaxProblem } from './javascript/diagnose.js'
import { createModules, type ModuleSource, type Modules, type Trees } from './javascript/modules.js'
import { analyzeUsage, type Usage, type UsageAnalysis } from './javascript/usage-analysis.js'
import { manifestFindings } from './manifest.js'
import { handlerFindings, scriptsOf } from './markup.js'
import { diagnosePython } from './python/diagnose.js'
import type { Code } from './read.js'
import { combine, type Evidence, evidenceOf, type Service, serviceOf } from './service.js'
import { stringFindings } from './string-literals.js'

/** The findings of a file, and the parts of it that were not examined. */
export interface Examined extends Diagnosis {
  /** Set for files that connect to another service. Their findings are not reported. */
  readonly leftOut?: { readonly service: string; readonly names: number }
  /** Values that could not be followed to their definition. */
  readonly untraced: readonly { readonly start: number; readonly what: string }[]
}

/** The new text of a file, or the reason why it stays as it is. */
export type Fixed = { readonly text: string } | { readonly problem: string }

/** The result of fixing: changed files by their path, and the findings that are left. */
export interface FixedProject {
  readonly files: ReadonlyMap<string, Fixed>
  readonly left: ReadonlyMap<string, Examined>
}

const mostTurns = 6

/**
 * Finds uses of the beta in the files of a repository. Names that several files share are fixed in all of them or in none. The result is by
 * path. Files in `frozen` get no edits.
 */
export function examineProject(
  codes: readonly Code[],
  today: string,
  trees: Trees = new Map(),
  frozen: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Examined> {
  const scripts = codes.filter(isScript)
  const modules = createModules(scripts.map(sourceOf), trees)
  const usages = usagesOf(scripts, modules)
  const bound = boundRoots(scripts, modules)
  const serviceFor = createServiceFinder(codes, modules)

  function examine(code: Code): Examined {
    const { kind, text, path } = code
    if (kind === 'manifest') return { findings: manifestFindings(text), untraced: [] }
    if (kind !== 'python' && !isScript(code)) return examined(configFindings(kind, text), code)
    if (kind === 'python') return examined(diagnosePython(text).findings, code)
    const handlers = kind === 'markup' ? handlerFindings(text) : []
    // Other files are only parsed to report syntax errors, and their trees are not kept.
    const module = mayBeBeta(text) || usages.has(path) ? modules.parse(path) : modules.errorIn(path)
    if (module && !('tree' in module))
      return { ...examined([...stringFindings(codeOf(kind, text)), ...handlers], code), problem: syntaxProblem(module) }
    const usage = usages.get(path)
    if (module === undefined || usage === undefined) return examined(handlers, code)
    const { findings } = diagnoseScript(module, { usage, today, isBound: bound.has(modules.rootOf(path)) })
    return examined([...findings, ...handlers].sort(byStart), code, usage.untraced)
  }

  function examined(findings: readonly Finding[], code: Code, untraced: Examined['untraced'] = []): Examined {
    if (findings.length === 0 && untraced.length === 0) return { findings, untraced }
    const service = serviceFor(code)
    if (service.kind === 'other')
      return { findings: [], untraced: [], leftOut: { service: service.name, names: findings.length } }
    const isFixed = service.kind === 'openai' && !frozen.has(code.path)
    return { findings: isFixed ? findings : findings.map(withoutEdit), untraced }
  }

  const results = new Map(codes.map((code) => [code.path, examine(code)] as const))
  return keepNamesTogether(codes, results, modules)
}

/** Applies all safe changes, in several passes if necessary. A file whose result would not be valid code stays as it is. */
export function fixProject(codes: readonly Code[], today: string, trees: Trees = new Map()): FixedProject {
  const frozen = new Set(codes.filter(({ isExact }) => !isExact).map(({ path }) => path))
  const files = new Map<string, Fixed>()
  for (;;) {
    const { texts, left, failed } = applyAll(codes, today, trees, frozen)
    if (failed.length === 0) {
      for (const [path, text] of texts) files.set(path, { text })
      return { files, left }
    }
    // The names that these files share with others change in none of them, so everything starts again without them.
    for (const path of failed) {
      frozen.add(path)
      files.set(path, { problem: 'was left as it is: changed, it would not have been valid code' })
    }
  }
}

function applyAll(codes: readonly Code[], today: string, trees: Trees, frozen: ReadonlySet<string>) {
  const texts = new Map<string, string>()
  const failed = new Set<string>()
  const originals = new Map(codes.map((code) => [code.path, code]))
  let left = examineProject(codes, today, trees, frozen)
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const current = codes.map((code) => ({ ...code, text: texts.get(code.path) ?? code.text }))
    const changed = current.flatMap((code) => {
      const edits = compatible((left.get(code.path)?.findings ?? []).flatMap(({ edit }) => (edit ? [edit] : [])))
      return edits.length === 0 ? [] : [{ ...code, text: applyEdits(code.text, edits) }]
    })
    if (changed.length === 0) return { texts, left, failed: [...failed] }
    for (const code of changed) {
      texts.set(code.path, code.text)
      if (errorsOf(code, trees) > errorsOf(originals.get(code.path) as Code, trees)) failed.add(code.path)
    }
    if (failed.size > 0) return { texts, left, failed: [...failed] }
    left = examineProject(
      current.map((code) => ({ ...code, text: texts.get(code.path) ?? code.text })),
      today,
      trees,
      frozen,
    )
  }
  for (const { path } of codes) if (left.get(path)?.findings.some(({ edit }) => edit)) failed.add(path)
  return { texts, left, failed: [...failed] }
}

function errorsOf(code: Code, trees: Trees): number {
  const module = createModules([sourceOf(code)], trees).parse(code.path)
  return module !== undefined && 'tree' in module ? module.tree.errors : Number.POSITIVE_INFINITY
}

function isScript({ kind }: Code): boolean {
  return kind === 'script' || kind === 'markup'
}

function sourceOf({ file, path, kind, text }: Code): ModuleSource {
  return { file, path, code: codeOf(kind, text) }
}

function codeOf(kind: Code['kind'], text: string): string {
  return kind === 'markup' ? scriptsOf(text) : text
}

/** Analyzes what each file sends. Objects of other files that it sends are added to the analysis of those files. */
function usagesOf(scripts: readonly Code[], modules: Modules): ReadonlyMap<string, UsageAnalysis> {
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
function boundRoots(scripts: readonly Code[], modules: Modules): ReadonlySet<string> {
  const roots = scripts.flatMap(({ path, text }) => {
    if (!/beta\/realtime|realtime-api|rt-client|\.beta\b/.test(text) || !/realtime/.test(text)) return []
    const module = modules.parse(path)
    return module && 'tree' in module && isBoundTree(module.tree) ? [modules.rootOf(path)] : []
  })
  return new Set(roots)
}

function createServiceFinder(codes: readonly Code[], modules: Modules): (code: Code) => Service {
  const byPath = new Map(codes.map((code) => [code.path, code]))
  const evidence = new Map<string, Evidence>()
  const byRoot = new Map<string, Evidence>()
  const importers = new Map<string, string[]>()
  let isLinked = false

  function evidenceIn({ path, text }: Code): Evidence {
    const known = evidence.get(path) ?? evidenceOf(text)
    evidence.set(path, known)
    return known
  }

  function evidenceAround(root: string): Evidence {
    const known = byRoot.get(root) ?? combine(codes.filter(({ path }) => modules.rootOf(path) === root).map(evidenceIn))
    byRoot.set(root, known)
    return known
  }

  function importsOf({ path, text }: Code): readonly string[] {
    const specifiers = [...text.matchAll(/\b(?:from|import|require\()\s*\(?\s*["']([^"'\n]+)["']/g)]
    return specifiers.flatMap(([, specifier = '']) => modules.resolve(path, specifier) ?? [])
  }

  function neighborsOf(code: Code): readonly Code[] {
    if (!isLinked)
      for (const each of codes.filter(isScript))
        for (const target of importsOf(each)) importers.set(target, [...(importers.get(target) ?? []), each.path])
    isLinked = true
    const paths = [...importsOf(code), ...(importers.get(code.path) ?? [])]
    return paths.flatMap((path) => byPath.get(path) ?? [])
  }

  return (code) =>
    serviceOf(
      evidenceIn(code),
      () => combine(neighborsOf(code).map(evidenceIn)),
      () => evidenceAround(modules.rootOf(code.path)),
    )
}

/**
 * Removes the edits of event and model names that one place of a TypeScript package keeps, because types connect their uses: a type that
 * keeps a name does not accept the new name elsewhere.
 */
function keepNamesTogether(
  codes: readonly Code[],
  results: ReadonlyMap<string, Examined>,
  modules: Modules,
): ReadonlyMap<string, Examined> {
  const byRoot = new Map<string, Code[]>()
  for (const code of codes)
    if (isTyped(code.file))
      byRoot.set(modules.rootOf(code.path), [...(byRoot.get(modules.rootOf(code.path)) ?? []), code])
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

function withoutEdit({ edit: _, ...finding }: Finding): Finding {
  return finding
}

function byStart(a: Finding, b: Finding): number {
  return a.start - b.start
}
