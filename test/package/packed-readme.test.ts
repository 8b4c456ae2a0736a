import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { targetsIn } from '../../scripts/site/links.js'
import { root } from './support/pack.js'
import { output } from './support/run.js'

let folder = ''
let checkout = ''
let paths: readonly string[] = []

/** Packs a copy of the checkout with its scripts, because they change the README while npm packs. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-readme-'))
  checkout = join(folder, 'checkout')
  await mkdir(join(checkout, 'node_modules', '.bin'), { recursive: true })
  const parts = [
    'package.json',
    'README.md',
    'LICENSE',
    'PROTOCOL.md',
    'CHANGELOG.md',
    'THIRD-PARTY-LICENSES.md',
    'docs',
  ]
  for (const part of [...parts, 'scripts', 'src/internal', 'tsconfig.json'])
    await cp(join(root, part), join(checkout, part), { recursive: true })
  await cp(join(root, 'examples'), join(checkout, 'examples'), {
    recursive: true,
    filter: (path) => !/node_modules|\.(ts|wav|svelte|tsx)$/.test(path),
  })
  await symlink(join(root, 'node_modules', 'tsx'), join(checkout, 'node_modules', 'tsx'))
  await symlink(join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join(checkout, 'node_modules', '.bin', 'tsx'))
  await output('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: checkout })
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const tarball = join(folder, `realtime-primitives-${version}.tgz`)
  await output('tar', ['-xzf', tarball, '-C', folder])
  paths = (await output('tar', ['-tzf', tarball])).split('\n').map((path) => path.replace('package/', ''))
}, 180_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

it('packed README: has only absolute links, and the README of the checkout is unchanged afterwards', async () => {
  const targets = targetsIn(await readFile(join(folder, 'package', 'README.md'), 'utf8'))
  expect(targets.length).toBeGreaterThan(60)
  expect(targets.filter((target) => !target.startsWith('https://'))).toEqual([])
  expect(await readFile(join(checkout, 'README.md'), 'utf8')).toBe(await readFile(join(root, 'README.md'), 'utf8'))
})

it('packed pages: have no relative link to a file that is not in the package', async () => {
  const pages = paths.filter((path) => path.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(50)
  const dead: string[] = []
  for (const page of pages)
    for (const target of targetsIn(await readFile(join(folder, 'package', page), 'utf8'))) {
      const [path = ''] = target.split('#')
      if (path === '' || /^[a-z]+:/.test(target)) continue
      if (!paths.includes(posix.join(posix.dirname(page), path))) dead.push(`${page}: ${target}`)
    }
  expect(dead).toEqual([])
})
