import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'
import { entriesOf, manifestOf, root } from './support/pack.js'
import { run } from './support/run.js'

const packed = inject('packed')
const paths = packed.files.map(({ path }) => path)

describe('the tarball', () => {
  it('holds the papers, the guides and what was built', () => {
    const papers = ['package.json', 'README.md', 'LICENSE', 'THIRD-PARTY-LICENSES.md', 'CHANGELOG.md', 'PROTOCOL.md']
    const others = paths.filter((path) => !path.startsWith('dist/') && !/^docs\/.+\.md$/.test(path))
    expect(others.sort()).toEqual(papers.sort())
  })

  it('holds of what was built only JavaScript and declarations', () => {
    const odd = paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path))
    // Beside them stands what the commands copy or serve.
    expect(odd.filter((path) => !/^dist\/cli\/(demo|play|templates)\//.test(path))).toEqual([])
    expect(paths.filter((path) => /(^|\/)(test|bench|examples|src|scripts|node_modules)\//.test(path))).toEqual([])
  })

  it('holds every file that its manifest names', async () => {
    const { exports, imports } = await manifestOf(packed.installed)
    const named = [...Object.values(exports), ...Object.values(imports)].flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    )
    expect(named.map((path) => path.replace('./', '')).filter((path) => !paths.includes(path))).toEqual([])
  })

  it('imports nothing that its manifest does not name', async () => {
    const { dependencies } = await manifestOf(packed.installed)
    const imported = new Set<string>()
    for (const path of paths.filter((path) => path.endsWith('.js'))) {
      const text = await readFile(join(packed.installed, path), 'utf8')
      for (const [, specifier = ''] of text.matchAll(/^(?:import|export)\b[^'"]*?["']([^."'][^"']*)["'];?$/gm))
        imported.add(specifier)
    }
    const packages = [...imported].filter((specifier) => !/^(node:|#)/.test(specifier))
    expect(new Set(packages.map((specifier) => specifier.split('/')[0]))).toEqual(new Set(Object.keys(dependencies)))
    expect([...imported].filter((specifier) => specifier.startsWith('#'))).toEqual(['#open-socket'])
  })
})

describe('the manifest', { timeout: 60_000 }, () => {
  it('has nothing that publint complains of', async () => {
    const tarball = await readFile(packed.tarball)
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('has types that are found wherever ES modules are', async () => {
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

  it('names the entries that the README describes', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const described = [...readme.matchAll(/^\| `(realtime-primitives[^`]*)`/gm)].map(([, entry]) => entry)
    expect((await entriesOf(packed)).sort()).toEqual(described.sort())
  })
})
