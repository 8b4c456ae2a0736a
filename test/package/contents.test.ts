import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'
import { entriesOf, manifestOf, root } from './support/pack.js'
import { run } from './support/run.js'

const packed = inject('packed')
const paths = packed.files.map(({ path }) => path)
const isGuide = (path: string) => /^docs\/.+\.(md|png|svg)$|^examples\/[^/]+\/README\.md$/.test(path)

describe('package tarball', () => {
  it('contains the documents, the guides, and the build', () => {
    const papers = ['package.json', 'README.md', 'LICENSE', 'THIRD-PARTY-LICENSES.md', 'CHANGELOG.md', 'PROTOCOL.md']
    const others = paths.filter((path) => !path.startsWith('dist/') && !isGuide(path))
    expect(others.sort()).toEqual(papers.sort())
  })

  it('contains only JavaScript and declarations of the build', () => {
    const odd = paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path))
    // The commands copy or serve the files of these folders.
    expect(odd.filter((path) => !/^dist\/cli\/(demo|play|templates)\//.test(path))).toEqual([])
    const others = paths.filter((path) => !isGuide(path))
    expect(others.filter((path) => /(^|\/)(test|bench|examples|src|scripts|node_modules)\//.test(path))).toEqual([])
  })

  it('contains every file that its pages link to, except the guide for contributors', async () => {
    const dead: string[] = []
    for (const page of paths.filter((path) => path.endsWith('.md'))) {
      const text = (await readFile(join(packed.installed, page), 'utf8')).replace(/^```[\s\S]*?^```$/gm, '')
      for (const [, link, source] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)) {
        const target = link ?? source ?? ''
        if (/^[a-z]+:/.test(target) || target === 'CONTRIBUTING.md') continue
        if (!paths.includes(posix.join(posix.dirname(page), target))) dead.push(`${page}: ${target}`)
      }
    }
    expect(dead).toEqual([])
  })

  it('contains every file that package.json names', async () => {
    const { exports, imports } = await manifestOf(packed.installed)
    const named = [...Object.values(exports), ...Object.values(imports)].flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    )
    expect(named.map((path) => path.replace('./', '')).filter((path) => !paths.includes(path))).toEqual([])
  })

  it('imports no package that package.json does not list', async () => {
    const { dependencies, peerDependencies } = await manifestOf(packed.installed)
    const imported = new Set<string>()
    for (const path of paths.filter((path) => path.endsWith('.js'))) {
      const text = await readFile(join(packed.installed, path), 'utf8')
      for (const [, specifier = ''] of text.matchAll(/^(?:import|export)\b[^'"]*?["']([^."'][^"']*)["'];?$/gm))
        imported.add(specifier)
    }
    const packages = [...imported].filter((specifier) => !/^(node:|#)/.test(specifier))
    const names = packages.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
    // `werift` and `libopus-wasm` are imported when they are needed, and the application passes a client of `redis`.
    const { werift: _werift, 'libopus-wasm': _opus, redis: _redis, ...peers } = peerDependencies
    expect(new Set(names)).toEqual(new Set(Object.keys({ ...dependencies, ...peers })))
    expect([...imported].filter((specifier) => specifier.startsWith('#'))).toEqual(['#open-socket'])
  })
})

describe('package.json', { timeout: 180_000 }, () => {
  it('passes publint', async () => {
    const tarball = await readFile(packed.tarball)
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('passes arethetypeswrong for ES modules', async () => {
    const attw = join(root, 'node_modules', '.bin', 'attw')
    const { exitCode, stdout } = await run(attw, [
      packed.tarball,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      './browser/worklet.js',
    ])
    expect(exitCode, stdout).toBe(0)
  })

  it('has the entry points that the README lists', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const described = [...readme.matchAll(/^\| `(realtime-primitives[^`]*)`/gm)].map(([, entry]) => entry)
    expect((await entriesOf(packed)).sort()).toEqual(described.sort())
  })
})
