import type { Modules } from './javascript/modules.js'
import { type Code, isScript } from './read.js'
import { combine, type Evidence, evidenceOf, type Service, serviceOf } from './service.js'

/** Returns a function that finds the service that a file belongs to, from the file, its imports, and its package. */
export function createServiceFinder(codes: readonly Code[], modules: Modules): (code: Code) => Service {
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
