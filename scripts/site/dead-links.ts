import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { targetsIn } from './links.js'

export interface DeadLink {
  readonly page: string
  readonly target: string
}

/** Returns the absolute links in texts that lead to a missing file of the site at `url`. The repository and the issues are not on the site. */
export function missingPages(site: string, url: string, texts: Readonly<Record<string, string>>): DeadLink[] {
  return Object.entries(texts).flatMap(([page, text]) =>
    targetsIn(text)
      .filter(
        (target) => target.startsWith(`${url}/`) && !/^\/(realtime-primitives|issues)\//.test(target.slice(url.length)),
      )
      .filter(
        (target) => !existsSync(join(site, target.slice(url.length).replace(/#.*$/, '').replace(/\/$/, '/index.html'))),
      )
      .map((target) => ({ page, target })),
  )
}

/** Returns the links of a built site that lead to a missing page or anchor of the same site. */
export function deadLinks(site: string): DeadLink[] {
  const files = new Set(
    readdirSync(site, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(site, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  )
  const pages = new Map<string, { readonly anchors: ReadonlySet<string>; readonly targets: readonly string[] }>()
  for (const file of files) if (file.endsWith('.html')) pages.set(file, readPage(join(site, file)))

  function isDead(page: string, target: string): boolean {
    const url = new URL(target, `https://site.example/${page}`)
    const path = decodeURIComponent(url.pathname).slice(1)
    const file = path === '' || path.endsWith('/') ? `${path}index.html` : path
    const anchor = decodeURIComponent(url.hash).slice(1)
    if (!files.has(file)) return true
    return anchor !== '' && pages.has(file) && !pages.get(file)?.anchors.has(anchor)
  }
  return [...pages].flatMap(([page, { targets }]) =>
    targets.filter((target) => isDead(page, target)).map((target) => ({ page, target })),
  )
}

function readPage(file: string) {
  const html = readFileSync(file, 'utf8').replaceAll('&amp;', '&')
  const values = (pattern: RegExp) => new Set([...html.matchAll(pattern)].map(([, value = '']) => value))
  return {
    anchors: values(/\sid="([^"]+)"/g),
    // Links with a scheme, and links that start with `//host`, are external.
    targets: [...values(/\s(?:href|src|srcset)="([^"]*)"/g)]
      .map((target) => target.replace(/\?[^#]*/, ''))
      .filter((target) => target !== '' && !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)),
  }
}
