import { docsUrl } from '../../src/internal/project-urls.js'

/** The index of the errors pages, in the repository and on the site. */
export const errorsIndexFile = 'docs/reference/errors.md'

const pagesUrl = `${docsUrl}/reference/errors/`

/** Returns the name of the page of an error class: `session` for `SessionError`. */
export function errorPageName(className: string): string {
  return className.replace(/Error$/, '').toLowerCase()
}

/** Returns the file of the page of an error class: `docs/reference/errors/session.md` for `SessionError`. */
export function errorPageFile(className: string): string {
  return `docs/reference/errors/${errorPageName(className)}.md`
}

/**
 * Returns the Markdown file and the anchor of the URL of an error (`error.docs`), or `undefined` for any other URL. A site that is built from
 * the Markdown files serves `docs/reference/errors/session.md` as `/reference/errors/session`.
 */
export function resolveErrorUrl(url: string): { readonly file: string; readonly anchor: string } | undefined {
  if (!url.startsWith(pagesUrl)) return undefined
  const [, name, anchor] = /^([a-z]+)#([a-z0-9_]+)$/.exec(url.slice(pagesUrl.length)) ?? []
  return name === undefined || anchor === undefined ? undefined : { file: `docs/reference/errors/${name}.md`, anchor }
}
