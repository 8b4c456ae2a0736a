import { type DataField, type ErrorCode, type ErrorFamily, readErrorFamilies } from './error-families.js'
import { linkTo, page, table } from './markdown.js'
import { readSources } from './source.js'

const intro = `# Errors

Every error of the package is a \`RealtimeError\`: an \`Error\` with a \`code\`, the typed \`data\` of that code, and \`docs\`, which leads to a section of this
page. \`isRealtimeError(value)\` tells them from all others; each family has a guard of its own that takes a code and narrows \`data\`:

\`\`\`ts
if (isTransportError(error, 'CONNECT_FAILED') && error.data.status === 401) await fetchAnotherKey()
\`\`\`

A message says what to do, and ends with the code and where to read on. No message and no data ever holds a key, a transcript or audio. What the server reports is no error of this kind but an event; see
[errors of the server](../../PROTOCOL.md#errors). In the messages below, \`{name}\` is filled in from the data, \`[…]\` may be missing, and of \`(… | …)\` one
is said. This page is generated from \`src/**/error.ts\`; do not edit it.`

/** The page of all errors: one section a code, since the \`docs\` of an error leads to its code. */
export function errorsPage(root: string): string {
  const families = readErrorFamilies(readSources(root, 'src').filter(({ fileName }) => fileName.endsWith('/error.ts')))
  const codes = [...new Set(families.flatMap((family) => family.codes.map(({ code }) => code)))].sort()
  return page([intro, overview(families), ...codes.flatMap((code) => sectionOf(code, families))])
}

function overview(families: readonly ErrorFamily[]): string {
  const rows = families.map(({ className, doc, codes }) => [
    `\`${className}\``,
    codes.map(({ code }) => linkTo(code)).join(', '),
    doc,
  ])
  return table(['Class', 'Codes', 'Meaning'], rows)
}

function sectionOf(code: string, families: readonly ErrorFamily[]): readonly string[] {
  const uses = families.flatMap(({ className, codes }) =>
    codes.filter((entry) => entry.code === code).map((entry) => ({ className, entry })),
  )
  return [`### ${code}`, ...uses.flatMap(({ className, entry }) => describe(className, entry))]
}

function describe(className: string, { doc, data, messages }: ErrorCode): readonly string[] {
  const says = messages.length === 0 ? '' : ['```text', ...messages, '```'].join('\n')
  return [`\`${className}\`: ${doc}`, says, ...dataOf(data)]
}

function dataOf(data: readonly DataField[]): readonly string[] {
  const [whole] = data
  if (whole === undefined) return []
  if (whole.name === '') return [`Its data is \`${whole.type}\`. ${whole.doc}`.trim()]
  const isTold = data.some(({ doc }) => doc !== '')
  const rows = data.map(({ name, type, doc }) => [`\`${name}\``, `\`${type}\``, ...(isTold ? [doc] : [])])
  return [table(['Data', 'Type', ...(isTold ? ['Meaning'] : [])], rows)]
}
