import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { describeProblem, type OptionProblem } from '../../testing/emulator/validation/problem.js'
import { jsonErrorOffset } from './json-syntax.js'

/** A JSON or YAML file. */
export interface DataFile {
  readonly value: unknown
  /** Returns the line of the value or key at a path, or of the closest one around it. */
  lineOf(path: readonly PropertyKey[]): number | undefined
}

/** Returns whether a file contains JSON or YAML, by its name. */
export function isDataFile(path: string): boolean {
  return /\.(json|ya?ml)$/i.test(path)
}

/** Returns the name of a file in messages: relative to the folder of the command, unless it is outside of it. */
export function fileName(path: string, cwd: string): string {
  const name = relative(cwd, path)
  return name.startsWith('..') || name === '' ? path : name
}

/**
 * Reads a JSON or YAML file.
 * @param name - Name of the file in a problem.
 */
export async function readDataFile(path: string, name: string): Promise<DataFile | { readonly problem: string }> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    return { problem: `${name}: ${reasonOf(error)}` }
  }
  return parseData(text, name, path.toLowerCase().endsWith('.json') ? 'json' : 'yaml')
}

/** Parses JSON or YAML text. */
export function parseData(
  text: string,
  name: string,
  format: 'json' | 'yaml',
): DataFile | { readonly problem: string } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  if (format === 'json') {
    const offset = jsonErrorOffset(text)
    if (offset !== undefined) {
      const found = offset >= text.length ? 'the end of the file' : JSON.stringify(text[offset])
      return { problem: `${name}:${lineAt(text, offset)}: not valid JSON; found ${found}` }
    }
  }
  const [error] = format === 'yaml' ? document.errors : []
  if (error) {
    const reason = error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '')
    return { problem: `${name}:${lines.linePos(error.pos[0]).line}: not valid YAML; ${reason}` }
  }
  let value: unknown
  try {
    value = format === 'json' ? JSON.parse(text) : document.toJS()
  } catch (error) {
    return { problem: `${name}: ${reasonOf(error)}` }
  }

  function lineOf(path: readonly PropertyKey[]): number | undefined {
    let node = document.contents as Node | null | undefined
    let offset = node?.range?.[0]
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(document)
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
        if (!pair) break
        offset = (pair.key as Node).range?.[0] ?? offset
        node = pair.value as Node | null
      } else if (isSeq(node) && typeof key === 'number') {
        node = node.items[key] as Node | undefined
        offset = node?.range?.[0] ?? offset
      } else break
    }
    return offset === undefined ? undefined : lines.linePos(offset).line
  }

  return { value, lineOf }
}

/** Returns a problem of data as one sentence, without the functions that only TypeScript allows. */
export function describeDataProblem({ allowed, ...problem }: OptionProblem): string {
  return describeProblem({ ...problem, allowed: allowed.replace(/, (or )?a function(?=,|$)/, '') })
}

/** Returns why a file cannot be read, in one line. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'is a folder'
  return `cannot be read: ${message.split('\n')[0]}`
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
