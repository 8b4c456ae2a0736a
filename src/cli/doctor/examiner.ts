import { configFindings } from './config-files.js'
import { type Examined, type Finding, withoutEdit } from './finding.js'
import { diagnoseScript, mayBeBeta, syntaxProblem } from './javascript/diagnose.js'
import { createModules } from './javascript/modules.js'
import { createParser, type ModuleSource } from './javascript/parser.js'
import { boundRoots, usagesOf } from './javascript/project-usage.js'
import { manifestFindings } from './manifest.js'
import { handlerFindings, scriptsOf } from './markup.js'
import { diagnosePython } from './python/diagnose.js'
import { type Code, isScript } from './read.js'
import { createServiceFinder } from './service-finder.js'
import { keepSharedNames } from './shared-names.js'
import { stringFindings } from './string-literals.js'

/** The findings of all files of a repository. */
export interface Examination {
  /** Returns the result of each file by its path. Names that several files share are fixed in all of them or in none. */
  results(): ReadonlyMap<string, Examined>
  /** Returns the results when the files in `frozen` get no edits. */
  resultsWithout(frozen: ReadonlySet<string>): ReadonlyMap<string, Examined>
}

/** Finds uses of the beta in the files of a repository. */
export interface Examiner {
  /** Examines files. A file that was examined before, the same object, is not parsed again. */
  examine(codes: readonly Code[]): Examination
  /** Returns the number of syntax errors in a file, infinite for code that cannot be parsed. */
  countErrors(code: Code): number
}

/** @param today `YYYY-MM-DD`. */
export function createExaminer(today: string): Examiner {
  const parser = createParser()
  const sourceOf = createCache(
    ({ file, path, kind, text }: Code): ModuleSource => ({ file, path, code: codeOf(kind, text) }),
  )
  /** The findings of files that are judged by their text alone. */
  const textFindings = createCache(({ kind, text }: Code): readonly Finding[] => {
    if (kind === 'manifest') return manifestFindings(text)
    if (kind === 'python') return diagnosePython(text).findings
    if (kind === 'markup') return handlerFindings(text)
    return kind === 'script' ? [] : configFindings(kind, text)
  })

  function examine(codes: readonly Code[]): Examination {
    const scripts = codes.filter(isScript)
    const modules = createModules(scripts.map(sourceOf), parser)
    const usages = usagesOf(scripts, modules)
    const bound = boundRoots(scripts, modules)
    const serviceFor = createServiceFinder(codes, modules)

    function examineFile(code: Code): Examined {
      const { kind, text, path } = code
      const found = textFindings(code)
      if (kind === 'manifest') return { findings: found, untraced: [] }
      if (!isScript(code)) return attribute(found, code)
      // Other files are only parsed to report syntax errors, and their trees are not kept.
      const module = mayBeBeta(text) || usages.has(path) ? modules.parse(path) : modules.errorIn(path)
      if (module && !('tree' in module)) {
        const strings = stringFindings(codeOf(kind, text))
        return { ...attribute([...strings, ...found], code), problem: syntaxProblem(module) }
      }
      const usage = usages.get(path)
      if (module === undefined || usage === undefined) return attribute(found, code)
      const { findings } = diagnoseScript(module, { usage, today, isBound: bound.has(modules.rootOf(path)) })
      return attribute([...findings, ...found].sort(byStart), code, usage.untraced)
    }

    /** Leaves out the findings of a file that belongs to another service. */
    function attribute(findings: readonly Finding[], code: Code, untraced: Examined['untraced'] = []): Examined {
      if (findings.length === 0 && untraced.length === 0) return { findings, untraced }
      const service = serviceFor(code)
      if (service.kind === 'other')
        return { findings: [], untraced: [], leftOut: { service: service.name, names: findings.length } }
      return { findings: service.kind === 'openai' ? findings : findings.map(withoutEdit), untraced }
    }

    const found = new Map(codes.map((code) => [code.path, examineFile(code)] as const))

    function resultsWithout(frozen: ReadonlySet<string>): ReadonlyMap<string, Examined> {
      const results = new Map(found)
      for (const path of frozen) {
        const result = found.get(path)
        if (result) results.set(path, { ...result, findings: result.findings.map(withoutEdit) })
      }
      return keepSharedNames(codes, results, modules.rootOf)
    }

    return { results: () => resultsWithout(new Set()), resultsWithout }
  }

  function countErrors(code: Code): number {
    const tree = isScript(code) ? parser.parse(sourceOf(code)) : undefined
    return tree && 'nodes' in tree ? tree.errors : Number.POSITIVE_INFINITY
  }

  return { examine, countErrors }
}

function createCache<Value>(compute: (code: Code) => Value): (code: Code) => Value {
  const known = new WeakMap<Code, { readonly value: Value }>()
  return (code) => {
    const entry = known.get(code) ?? { value: compute(code) }
    known.set(code, entry)
    return entry.value
  }
}

function codeOf(kind: Code['kind'], text: string): string {
  return kind === 'markup' ? scriptsOf(text) : text
}

function byStart(a: Finding, b: Finding): number {
  return a.start - b.start
}
