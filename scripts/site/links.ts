import { posix } from 'node:path'
import { docsUrl, repositoryUrl } from '../../src/internal/project-urls.js'
import { isPage, pageUrl } from './pages.js'

const imageFolder = 'docs/images/'

/** Matches code, in which brackets are no links, or the target of a link or an image. */
const codeOrTarget = /^```[\s\S]*?^```$|`[^`\n]+`|\]\(([^)\s]+)\)|\b(src|srcset)="([^"]+)"/gm

/** Rewrites the targets of links and images in markdown. Code is left as it is. */
export function rewriteTargets(markdown: string, rewrite: (target: string) => string): string {
  return markdown.replace(codeOrTarget, (match, link?: string, name?: string, source?: string) => {
    if (link !== undefined) return `](${rewrite(link)})`
    return source === undefined ? match : `${name}="${rewrite(source)}"`
  })
}

/** Returns the targets of links and images in markdown. */
export function targetsIn(markdown: string): readonly string[] {
  const targets: string[] = []
  rewriteTargets(markdown, (target) => {
    targets.push(target)
    return target
  })
  return targets
}

/**
 * Returns the absolute URL of a link in a document of the repository. Links to pages go to the site, and links to other files go to the
 * repository.
 * @param from - Path of the document, such as `docs/tools.md`.
 * @param extension - Format of the page.
 */
export function absoluteTarget(from: string, target: string, extension: 'html' | 'md'): string {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return target
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : posix.join(posix.dirname(from), path)
  return `${fileUrl(file, extension)}${anchor === undefined ? '' : `#${anchor}`}`
}

function fileUrl(file: string, extension: 'html' | 'md'): string {
  if (file.startsWith(imageFolder)) return `${docsUrl}/media/${file.slice(imageFolder.length)}`
  if (!isPage(file)) return `${repositoryUrl}/blob/main/${file}`
  return `${docsUrl}/${pageUrl(file.replace(/\.md$/, ''))}.${extension}`
}
