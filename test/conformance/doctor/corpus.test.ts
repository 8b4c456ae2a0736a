import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { doctor } from '../../../src/cli/doctor/doctor.js'
import { parseTree } from '../../../src/cli/doctor/javascript/ast.js'
import { filesIn, folderOf, run } from '../../unit/cli/support/run.js'

const corpus = fileURLToPath(new URL('./corpus', import.meta.url))
const projects = readdirSync(corpus)

/** A project of the corpus; its files end in `.txt`, so that no tool takes them for code of this package. */
function read(project: string): Record<string, string> {
  const names = readdirSync(join(corpus, project)).filter((name) => name.endsWith('.txt'))
  return Object.fromEntries(names.map((name) => [name.slice(0, -4), readFileSync(join(corpus, project, name), 'utf8')]))
}

interface Told {
  readonly findings: readonly {
    file: string
    line: number
    column: number
    rule: string
    what: string
    isFixable: boolean
  }[]
}

async function diagnose(folder: string, ...more: string[]) {
  const { code, out } = await run(doctor, ['.', '--json', ...more], folder)
  return { code, report: JSON.parse(out) as Told }
}

const libraries = new Map<string, ts.SourceFile | undefined>()

/** What the compiler says of a project, without where it says it; packages and types that are not there are not counted. */
function complaints(files: Readonly<Record<string, string>>): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noEmit: true,
    skipLibCheck: true,
    allowJs: true,
    checkJs: false,
    jsx: ts.JsxEmit.Preserve,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  host.readFile = (path) => files[path.replace('/project/', '')] ?? readFile(path)
  host.fileExists = (path) =>
    path.replace('/project/', '') in files || (!path.startsWith('/project/') && fileExists(path))
  host.getCurrentDirectory = () => '/project'
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = files[path.replace('/project/', '')]
    if (text !== undefined) return ts.createSourceFile(path, text, languageVersion)
    const library = libraries.get(path) ?? getSourceFile(path, languageVersion, ...rest)
    libraries.set(path, library)
    return library
  }
  const roots = Object.keys(files).filter((name) => /\.[jt]sx?$/.test(name))
  const program = ts.createProgram(
    roots.map((name) => `/project/${name}`),
    options,
    host,
  )
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ code, messageText, file }) =>
        `${file?.fileName}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
    .sort()
}

function commentsOf(text: string, file: string): readonly string[] {
  const tree = parseTree(text, file)
  return 'nodes' in tree ? tree.comments.map(({ value }) => String(value)) : []
}

describe.each(projects)('%s', (project) => {
  const before = read(project)
  const scripts = Object.keys(before).filter((name) => /\.[jt]sx?$/.test(name))

  it('is diagnosed as a careful person would', async () => {
    const { code, report } = await diagnose(folderOf(before))
    const lines = report.findings.map(
      ({ file, line, column, rule, what, isFixable }) =>
        `${file}:${line}:${column} ${rule} ${what}${isFixable ? ' (fixable)' : ''}`,
    )
    expect(code).toBe(lines.length === 0 ? 0 : 1)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(corpus, project, 'expected', 'findings'))
  })

  it('is fixed without a word more than is safe', async () => {
    const folder = folderOf(before)
    await diagnose(folder, '--fix')
    const after = filesIn(folder)
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
    for (const [name, text] of Object.entries(after))
      if (text !== before[name])
        await expect(text).toMatchFileSnapshot(join(corpus, project, 'expected', `${name}.fixed`))
  })

  it('has nothing that would be fixed a second time', async () => {
    const folder = folderOf(before)
    const first = await diagnose(folder, '--fix')
    const after = filesIn(folder)
    const second = await diagnose(folder, '--fix')
    expect(filesIn(folder)).toEqual(after)
    expect(second.report.findings).toEqual(first.report.findings)
    expect(second.report.findings.filter(({ isFixable }) => isFixable)).toEqual([])
  })

  it('compiles as it did before', async () => {
    const folder = folderOf(before)
    await diagnose(folder, '--fix')
    expect(complaints(filesIn(folder))).toEqual(complaints(before))
  })

  it('keeps its comments', async () => {
    const folder = folderOf(before)
    await diagnose(folder, '--fix')
    const after = filesIn(folder)
    for (const name of scripts)
      expect(commentsOf(after[name] ?? '', name).length).toBeGreaterThanOrEqual(
        commentsOf(before[name] ?? '', name).length - 1,
      )
  })
})
