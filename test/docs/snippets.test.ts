import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', 'PROTOCOL.md', ...markdownBelow('docs'), ...markdownBelow('examples')]

/** Declarations of the names that the snippets use without declaring them. */
const known = `
  declare const apiKey: string
  declare const azureKey: string
  declare const session: import('realtime-primitives').RealtimeSession
  declare const bytes: Uint8Array
  declare const captured: AsyncIterable<Float32Array>
  declare const send: (samples: Float32Array) => void
  declare const transport: import('realtime-primitives').Transport
  declare const play: (pcm: Uint8Array, onPlayed?: (ms: number) => void) => void
  declare const lookUp: (name: string, args: unknown) => Promise<unknown>
  declare const test: (name: string, body: () => Promise<void>) => void
  declare const createHarness: () => Promise<import('realtime-primitives/testing').TransportHarness>
`

interface Snippet {
  readonly page: string
  readonly line: number
  readonly code: string
}

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((path) => !path.includes('node_modules') && !path.startsWith('docs/reference/api'))
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1] ?? '',
  }))
}

const snippets = pages.flatMap(snippetsOf)

/** Compiles all snippets in one program, each as a module. Returns the errors. */
function problems(): string[] {
  const options = compilerOptions()
  const files = new Map(snippets.map((snippet, index) => [join(root, `snippet-${index}.mts`), snippet]))
  const ambient = join(root, 'snippet-known.d.ts')
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  const textOf = (name: string) => {
    const snippet = files.get(name)
    return name === ambient ? known : snippet && `${snippet.code}\nexport {}\n`
  }
  host.fileExists = (name) => textOf(name) !== undefined || fileExists(name)
  host.readFile = (name) => textOf(name) ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = textOf(name)
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version, true)
  }
  const program = ts.createProgram([ambient, ...files.keys()], options, host)
  return [...files].flatMap(([name, { page, line }]) => {
    const source = program.getSourceFile(name)
    return ts.getPreEmitDiagnostics(program, source).map((problem) => {
      const at = source?.getLineAndCharacterOfPosition(problem.start ?? 0).line ?? 0
      return `${page}:${line + at} ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`
    })
  })
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return { ...options, noUnusedLocals: false, noUnusedParameters: false }
}

describe('code in the documentation', () => {
  it('exists', () => {
    expect(snippets.length).toBeGreaterThan(10)
  })

  it('compiles', () => {
    expect(problems()).toEqual([])
  })
})
