import { errorEntries } from './error-entries/index.js'
import { type DataField, type ErrorCode, type ErrorFamily, readErrorFamilies } from './error-families.js'
import { errorPageFile, errorPageName, errorsIndexFile } from './error-urls.js'
import { anchorOf, linkTo, page, table } from './markdown.js'
import { readSources } from './source.js'

const intro = `# Errors

Every error of this package is a \`RealtimeError\`, which extends \`Error\`:

\`\`\`ts
import { isRealtimeError, isTransportError } from 'realtime-primitives'

try {
  await session.connect()
} catch (error) {
  if (isTransportError(error, 'CONNECT_FAILED') && error.data.status === 401) {
    console.error('The API key was rejected.')
  } else if (isRealtimeError(error)) {
    console.error(error.code, error.shortMessage, error.docs)
  } else throw error
}
\`\`\`

| Property | Description |
| --- | --- |
| \`name\` | Name of the class, such as \`SessionError\`. |
| \`code\` | Identifies the error. Each class has a closed set of codes. |
| \`data\` | Details. Their type depends on the code. |
| \`shortMessage\` | What happened, and what to do. |
| \`docs\` | URL of the entry in these pages. |
| \`message\` | \`shortMessage\`, \`code\`, and \`docs\` in one line, for logs. |
| \`cause\` | The error that caused this one, if there is one. |

- Each class has a guard, such as \`isSessionError(value, code)\`. It narrows \`data\` to the type of the code, and also recognizes errors of a second installed copy of the package.
- Messages are written for developers. To show an error to users, write your own text for the codes that your app expects, and use \`shortMessage\` for all others.
- Messages and \`data\` never contain API keys, transcripts, or audio. The exception is \`error.data.error\` and \`error.data.response\` of a \`SessionError\`: they are objects of the server, and can repeat parts of the conversation.
- An \`error\` event of the server is not an exception. It rejects only the request that it belongs to. See [errors of the server](../../PROTOCOL.md#errors).

## Error classes`

const generated =
  'This page is generated from the source. In messages, `{name}` is a field of `data`, `[…]` is optional, and `(… | …)` are alternatives.'

/** Returns the index and the page of each error class, by file. */
export function errorsPages(root: string): Readonly<Record<string, string>> {
  const sources = readSources(root, 'src').filter(({ fileName }) => fileName.endsWith('/error.ts'))
  const families = readErrorFamilies(sources)
  const names = Object.keys(errorEntries)
  const missing = families.filter(({ className }) => !names.includes(className))
  if (missing.length > 0) throw new Error(`scripts/reference/error-entries has no ${missing[0]?.className}.`)
  const sorted = names.flatMap((name) => families.filter(({ className }) => className === name))
  const pages = sorted.map((family) => [errorPageFile(family.className), classPage(family)])
  return { [errorsIndexFile]: indexPage(sorted), ...Object.fromEntries(pages) }
}

function indexPage(families: readonly ErrorFamily[]): string {
  const rows = families.map(({ className, doc, codes }) => {
    const file = `errors/${errorPageName(className)}.md`
    const links = codes.map(({ code }) => `[${code}](${file}#${anchorOf(code)})`)
    return [`[${className}](${file})`, doc, links.join(', ')]
  })
  return page([intro, table(['Class', 'Meaning', 'Codes'], rows), 'These pages are generated from the source.'])
}

function classPage(family: ErrorFamily): string {
  const { className, doc, codes } = family
  const rows = codes.map((code) => [linkTo(code.code), code.doc])
  return page([
    `# ${className}`,
    doc,
    ['```ts', `import { ${className}, is${className} } from '${errorEntries[className]?.module}'`, '```'].join('\n'),
    table(['Code', 'Meaning'], rows),
    `${generated} See [errors](../errors.md) for what all errors have in common.`,
    ...codes.flatMap((code) => section(className, code)),
  ])
}

function section(className: string, { code, doc, messages, data }: ErrorCode): readonly string[] {
  const entry = errorEntries[className]?.codes[code]
  if (!entry) throw new Error(`scripts/reference/error-entries has no ${code} of ${className}.`)
  return [
    `## ${code}`,
    doc,
    ['```text', ...messages, '```'].join('\n'),
    `**When it happens.** ${entry.when}`,
    `**What to do.** ${entry.fix}`,
    entry.example === undefined ? '' : ['```ts', entry.example, '```'].join('\n'),
    dataTable(data),
  ]
}

function dataTable(data: readonly DataField[]): string {
  if (data.length === 0) return '`data` is empty.'
  return table(
    ['Data', 'Type', 'Meaning'],
    data.map(({ name, type, doc }) => [`\`${name}\``, `\`${type}\``, doc]),
  )
}
