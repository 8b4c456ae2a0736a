import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findingOf } from './catalog.js'
import type { Diagnosis, Finding } from './finding.js'
import { diagnoseScript, type FileContext, isBoundScript } from './javascript/diagnose.js'
import { type Fixed, fixScript } from './javascript/fix.js'
import { sdkFinding } from './javascript/sdk.js'
import { scriptsOf } from './markup.js'
import { diagnosePython } from './python/diagnose.js'
import { matchText } from './text-rules.js'
import type { Kind } from './walk.js'

/** Finds uses of the beta in a source file. */
export function examine(kind: Kind, text: string, context: FileContext): Diagnosis {
  if (kind === 'python') return diagnosePython(text)
  if (kind === 'manifest') return { findings: manifestFindings(text) }
  const code = kind === 'markup' ? scriptsOf(text) : text
  const diagnosis = diagnoseScript(code, context)
  return diagnosis.problem ? { ...diagnosis, findings: plainFindings(code) } : diagnosis
}

/** Applies the safe changes to a source file, if its kind supports changes. */
export function fix(kind: Kind, text: string, context: FileContext): Fixed | undefined {
  if (kind === 'script') return fixScript(text, context)
  return kind === 'markup' ? fixScript(text, context, scriptsOf) : undefined
}

/** Finds uses of the beta in the strings of code that cannot be parsed. */
function plainFindings(code: string): readonly Finding[] {
  return [...code.matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)].flatMap(({ index, 2: text = '' }) =>
    matchText(text, { isContinued: false }).map((match) =>
      findingOf(match.rename, { start: index + 1 + match.index, what: match.text }),
    ),
  )
}

/** Packages that now use GA, with the version ranges that used the beta. */
const outgrown =
  /"(@openai\/agents(?:-realtime)?)"\s*:\s*"[\^~=v]*0\.0\.\d|"(@mastra\/voice-openai-realtime)"\s*:\s*"[\^~=v]*0\.(?:\d|1[01])\./g

function manifestFindings(text: string): readonly Finding[] {
  const ended = [...text.matchAll(/"(@openai\/realtime-api-beta|openai-realtime-api(?:-beta)?|rt-client)"\s*:/g)].map(
    ({ index, 1: name = '' }) => sdkFinding(index + 1, name),
  )
  const old = [...text.matchAll(outgrown)].map(({ index, 1: agents, 2: voice = '' }) => ({
    ...sdkFinding(index + 1, agents ?? voice),
    fix: 'Take the current version, which connects without asking for the beta; its changelog says what else changed.',
  }))
  return [...ended, ...old].sort((a, b) => a.start - b.start)
}

/** A file that may depend on the types of a beta client. */
export interface Candidate {
  readonly file: string
  readonly path: string
  readonly text: string
}

/** Returns a function that tells whether the TypeScript of a file's package depends on beta types, which have to change first. */
export function boundPackages(candidates: readonly Candidate[]): (path: string) => boolean {
  const rootOf = createRootFinder()
  const bound = new Set(
    candidates
      .filter(
        ({ file, text }) => /beta\/realtime|realtime-api|rt-client|\.beta\b/.test(text) && isBoundScript(text, file),
      )
      .map(({ path }) => rootOf(path)),
  )
  return (path) => bound.has(rootOf(path))
}

/** Returns a function that finds the package folder of a file. */
function createRootFinder(): (path: string) => string {
  const roots = new Map<string, string>()
  function find(folder: string): string {
    const known = roots.get(folder)
    if (known !== undefined) return known
    const above = dirname(folder)
    const root = above === folder || existsSync(join(folder, 'package.json')) ? folder : find(above)
    roots.set(folder, root)
    return root
  }
  return (path) => find(dirname(path))
}
