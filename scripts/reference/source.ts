import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

/** Returns the syntax trees of all TypeScript files below a folder, ordered by path. */
export function readSources(root: string, folder: string): ts.SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
    .map((path) => ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true))
}

/** Returns the text of a doc comment on one line, followed by its default and its deprecation; empty when there is none. */
export function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  if (comment === undefined) return ''
  const tag = comment.tags?.find(({ tagName }) => tagName.text === 'default' || tagName.text === 'defaultValue')
  const byDefault = tag === undefined ? '' : `Default: ${asCode(textOf(tag))}.`
  const deprecation = comment.tags?.find(({ tagName }) => tagName.text === 'deprecated')
  const deprecated = deprecation === undefined ? '' : `Deprecated: ${textOf(deprecation)}`
  return [textOf(comment), byDefault, deprecated].filter((part) => part !== '').join(' ')
}

function textOf({ comment }: ts.JSDoc | ts.JSDocTag): string {
  return (ts.getTextOfJSDocComment(comment) ?? '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Formats a single value as code, without the quotes of a string, and leaves a description as it is. */
function asCode(text: string): string {
  return /\s/.test(text) ? text : `\`${text.replace(/^'(.*)'$/, '$1')}\``
}
