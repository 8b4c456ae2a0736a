import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packedReadme } from '../../scripts/packed-readme.js'
import { missingPages } from '../../scripts/site/dead-links.js'
import { absoluteTarget, rewriteTargets, targetsIn } from '../../scripts/site/links.js'
import { markdownFiles, writeMarkdownPages } from '../../scripts/site/markdown-pages.js'
import { docsUrl, repositoryUrl } from '../../src/internal/project-urls.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let site = ''

beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), 'markdown-'))
  await writeMarkdownPages(root, site)
})
afterAll(() => rmSync(site, { recursive: true, force: true }))

const read = (name: string) => readFileSync(join(site, name), 'utf8')

it('llms.txt: lists every page once, with its title and first sentence', () => {
  const index = read('llms.txt')
  expect(index).toMatch(/^# realtime-primitives\n\n> Typed building blocks for voice agents/)
  expect(index).toContain(
    `- [Tools](${docsUrl}/tools.md): Tools let the model call your functions during a conversation.`,
  )
  const listed = [...index.matchAll(/^- \[[^\]]+\]\((\S+)\): \S/gm)].map(([, url = '']) =>
    url.slice(docsUrl.length + 1),
  )
  const written = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  expect(listed.toSorted()).toEqual(written.filter((name) => name !== 'index.md').toSorted())
})

it('llms-full.txt: contains the guides whole, and stays below 500 KB', () => {
  const full = read('llms-full.txt')
  for (const name of ['index.md', 'quickstart.md', 'emulator.md', 'twilio.md'])
    expect(full).toContain(read(name).trim())
  expect(full).not.toContain(read('changelog.md').trim())
  expect(full.length).toBeLessThan(500_000)
})

it('markdown pages: have no relative link, and no link to a missing page', () => {
  const texts = markdownFiles(site)
  const relative = Object.entries(texts).flatMap(([name, text]) =>
    targetsIn(text)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => `${name}: ${target}`),
  )
  expect(relative).toEqual([])
  const isBuilt = ({ target }: { readonly target: string }) =>
    /^\/(media|playground)\//.test(target.slice(docsUrl.length))
  // `npm run docs` copies the images and builds the playground. It checks these links.
  expect(missingPages(site, docsUrl, texts).filter((link) => !isBuilt(link))).toEqual([])
})

it('links: are absolute, by the kind of their target', () => {
  const of = (target: string) => absoluteTarget('docs/tools.md', target, 'html')
  expect(of('agents.md#handoffs')).toBe(`${docsUrl}/agents.html#handoffs`)
  expect(of('#options')).toBe(`${docsUrl}/tools.html#options`)
  expect(of('../README.md')).toBe(`${docsUrl}/index.html`)
  expect(of('../examples/tools/README.md')).toBe(`${docsUrl}/examples/tools.html`)
  expect(of('images/demo.svg')).toBe(`${docsUrl}/media/demo.svg`)
  expect(of('../CONTRIBUTING.md')).toBe(`${repositoryUrl}/blob/main/CONTRIBUTING.md`)
  expect(of('https://example.com/x')).toBe('https://example.com/x')
})

it('links: are left alone in code', () => {
  const text = 'See [a](x.md), `[b](x.md)`, and [`c`](x.md).\n\n```md\n[d](x.md)\n```\n'
  expect(rewriteTargets(text, () => 'y')).toBe('See [a](y), `[b](x.md)`, and [`c`](y).\n\n```md\n[d](x.md)\n```\n')
})

it('README of the package: has only absolute links, and an image for each color scheme', () => {
  const readme = packedReadme(readFileSync(join(root, 'README.md'), 'utf8'))
  const targets = targetsIn(readme)
  expect(targets.length).toBeGreaterThan(60)
  expect(targets.filter((target) => !target.startsWith('https://'))).toEqual([])
  expect(readme).toContain(`srcset="${docsUrl}/media/page-dark.png"`)
})

it('package.json: has the URLs of src/internal/project-urls.ts', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest.homepage).toBe(`${docsUrl}/`)
  expect(manifest.bugs).toBe(`${docsUrl}/issues`)
  expect(manifest.repository.url).toBe(`git+${repositoryUrl}.git`)
})
