import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { deadLinks } from '../../scripts/site/dead-links.js'

let site = ''

afterEach(() => rmSync(site, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): string {
  site = mkdtempSync(join(tmpdir(), 'site-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, name)), { recursive: true })
    writeFileSync(join(site, name), text)
  }
  return site
}

it('dead links: accepts links to pages, anchors, folders with an index, and other sites', () => {
  const links = '<a href="a/b.html#there">b</a><a href="./#top">top</a><a href="https://example.com/x">x</a>'
  write({
    'index.html': `<h1 id="top">${links}</h1>`,
    'a/b.html': '<h2 id="there"><a href="../index.html?v=1">up</a></h2>',
  })
  expect(deadLinks(site)).toEqual([])
})

it('dead links: reports missing pages, anchors, and images with the page that contains them', () => {
  write({
    'index.html': '<a href="gone.html">1</a><a href="#gone">2</a><img src="gone.png"><a href="a.html#gone">3</a>',
    'a.html': '<a href="//host/x">4</a>',
  })
  expect(deadLinks(site)).toEqual([
    { page: 'index.html', target: 'gone.html' },
    { page: 'index.html', target: '#gone' },
    { page: 'index.html', target: 'gone.png' },
    { page: 'index.html', target: 'a.html#gone' },
  ])
})
