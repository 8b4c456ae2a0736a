import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'

/** How a file is read. */
export type Kind = 'script' | 'markup' | 'python' | 'log' | 'manifest' | 'json' | 'settings' | 'bicep'

/** A file to check. */
export interface Source {
  /** Displayed path. */
  readonly file: string
  readonly path: string
  readonly kind: Kind
  /** Whether the file was named on the command line, not found in a folder. */
  readonly isNamed: boolean
}

/** A file that was not checked, with a message. `isFailure` sets the exit code. */
export interface FileProblem {
  readonly file: string
  readonly message: string
  readonly isFailure: boolean
  readonly line?: number
  readonly column?: number
}

/** The files to check. */
export interface Walked {
  readonly sources: readonly Source[]
  readonly troubles: readonly FileProblem[]
}

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^package\.json$/i, 'manifest'],
  [/\.[mc]?[jt]sx?$/i, 'script'],
  [/\.(html?|vue|svelte)$/i, 'markup'],
  [/\.pyi?$/i, 'python'],
  [/\.(jsonl|ndjson|log)$/i, 'log'],
  [/\.json$/i, 'json'],
  [/^\.env(\..+)?$|\.(env|ya?ml|toml|sh|bash|zsh)$|^(Dockerfile|Makefile|Procfile)$/i, 'settings'],
  [/\.bicep(param)?$/i, 'bicep'],
]

const skipped = new Set([
  'node_modules',
  'bower_components',
  'dist',
  'build',
  'out',
  'coverage',
  'vendor',
  'venv',
  'env',
  'site-packages',
  '__pycache__',
])
const mostFiles = 50_000
const deepest = 50

/** Finds the named files and the files below the named folders. Follows links within a folder, without cycles, and not out of it. */
export function walk(paths: readonly string[], cwd: string): Walked {
  const sources: Source[] = []
  const troubles: FileProblem[] = []
  const seen = new Set<string>()
  let isFull = false

  function report(file: string, message: string, isFailure = true): void {
    troubles.push({ file, message, isFailure })
  }

  function add(file: string, path: string, isNamed: boolean): void {
    const kind = kinds.find(([pattern]) => pattern.test(basename(file)))?.[1]
    if (kind === undefined || (!isNamed && /\.min\.[mc]?js$/i.test(file))) {
      if (isNamed)
        report(file, 'has an unsupported type; supported are TypeScript, JavaScript, Python, HTML pages, and logs')
      return
    }
    const real = realpathSync(path)
    if (seen.has(real)) return
    seen.add(real)
    sources.push({ file, path, kind, isNamed })
  }

  function enter(folder: string, path: string, above: readonly string[]): void {
    const real = realpathSync(path)
    if (above.includes(real)) {
      report(folder, 'is a link to a folder around it, and was not followed', false)
      return
    }
    if (seen.has(real)) return
    seen.add(real)
    if (above.length > deepest) {
      report(folder, `is more than ${deepest} folders deep, and was not entered`)
      return
    }
    for (const entry of list(folder, path)) {
      if (isFull) return
      if (sources.length >= mostFiles) {
        isFull = true
        report(folder, `has file number ${mostFiles}; name smaller folders to see the rest`)
        return
      }
      const [name, inner] = [join(folder, entry.name), join(path, entry.name)]
      const stats = entry.isSymbolicLink() ? follow(name, inner, above[0] ?? real) : entry
      if (stats?.isDirectory()) {
        if (!skipped.has(entry.name) && !entry.name.startsWith('.')) enter(name, inner, [...above, real])
      } else if (stats?.isFile()) add(name, inner, false)
    }
  }

  function list(folder: string, path: string): readonly Dirent[] {
    try {
      return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    } catch (error) {
      report(folder, `cannot be entered: ${reasonOf(error)}`)
      return []
    }
  }

  /** Returns the target of a link if it is inside the named folder. Files outside must not be changed. */
  function follow(file: string, path: string, root: string): Stats | undefined {
    const stats = look(file, path, false)
    if (stats === undefined || !relative(root, realpathSync(path)).startsWith('..')) return stats
    report(file, 'is a link out of the folder, and was not followed', false)
    return undefined
  }

  function look(file: string, path: string, isFailure: boolean): Stats | undefined {
    try {
      return statSync(path)
    } catch (error) {
      report(file, isFailure ? reasonOf(error) : `is a link that leads nowhere: ${reasonOf(error)}`, isFailure)
      return undefined
    }
  }

  for (const named of paths) {
    const path = resolve(cwd, named)
    const stats = look(named, path, true)
    if (stats?.isDirectory()) enter(named, path, [])
    else if (stats?.isFile()) add(named, path, true)
    else if (stats) report(named, 'is neither a file nor a folder')
  }
  return { sources, troubles }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'the link leads in a circle',
  ENAMETOOLONG: 'the name is too long',
}

/** Returns the description of a system error. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as Error & { code?: string }
  return reasons[code] ?? message
}
