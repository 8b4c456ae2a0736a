import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** The URLs of the scripts of this process by their ids, as heap snapshots name them. */
export function scriptUrls(): ReadonlyMap<number, string> {
  const urls = new Map<number, string>()
  const session = new Session()
  session.connect()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(Number(scriptId), url))
  session.post('Debugger.enable')
  session.disconnect()
  return urls
}

/** Finds the source file of a position in a built file. */
export interface SourceFiles {
  /** Returns the path below `src`, or the name of a package or of the bench in parentheses. Lines are counted from 0. */
  fileAt(url: string | undefined, line: number): string | undefined
}

/** Reads the comments `// src/…` that the build writes above the code of each source file. */
export function createSourceFiles(): SourceFiles {
  const files = new Map<string, readonly (string | undefined)[]>()

  function filesByLine(url: string): readonly (string | undefined)[] {
    const known = files.get(url)
    if (known) return known
    let current: string | undefined
    const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n')
    const byLine = lines.map((line) => {
      current = /^\/\/ src\/(\S+)$/.exec(line)?.[1] ?? current
      return current
    })
    files.set(url, byLine)
    return byLine
  }

  return {
    fileAt(url, line) {
      if (!url?.startsWith('file:')) return undefined
      const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
      if (dependency) return `(${dependency})`
      return url.includes('/dist/') ? filesByLine(url)[line] : '(bench)'
    },
  }
}
