import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Rename, renames } from 'realtime-primitives/migrate'
import { expect, test } from 'vitest'

const page = fileURLToPath(new URL('../../../docs/migrate.md', import.meta.url))
const marks = [
  '<!-- table: written by test/unit/migrate/docs.test.ts with UPDATE=1 -->',
  '<!-- end of table -->',
] as const

const titles: readonly [title: string, kinds: readonly Rename['kind'][]][] = [
  ['Events', ['event']],
  ['Content', ['content']],
  ['Fields', ['required', 'field']],
  ['Values', ['value']],
  ['Connections', ['header', 'subprotocol', 'url']],
  ['Models', ['model']],
]

const code = (text: string) => (text === '' ? '' : `\`${text}\``)

function row({ from, to, place, side, reason, date }: Rename): string {
  const where = [place && code(place), side === 'both' ? undefined : side].filter(Boolean).join(', ')
  const now = to === null ? 'gone' : [to].flat().map(code).join(' and ')
  return `| ${code(from) || 'nothing'} | ${now} | ${where} | ${date} | ${reason} |`
}

function table(kinds: readonly Rename['kind'][]): string {
  const rows = renames.filter(({ kind }) => kinds.includes(kind)).map(row)
  return ['| before | now | where | ended | why |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

/** The page whatever the widths of its columns, which are the formatter's. */
const unaligned = (text: string) => text.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---')

test('the migration guide contains every rename', () => {
  const text = readFileSync(page, 'utf8')
  const [before = '', rest = ''] = text.split(marks[0])
  const [, after = ''] = rest.split(marks[1])
  const tables = titles.map(([title, kinds]) => `### ${title}\n\n${table(kinds)}`).join('\n\n')
  const expected = `${before}${marks[0]}\n\n${tables}\n\n${marks[1]}${after}`
  if (process.env.UPDATE) writeFileSync(page, expected)
  expect(unaligned(readFileSync(page, 'utf8'))).toBe(unaligned(expected))
})
