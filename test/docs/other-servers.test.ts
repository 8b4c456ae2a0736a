import { readFileSync } from 'node:fs'
import type { Dialect } from 'realtime-primitives/dialects'
import * as dialects from 'realtime-primitives/dialects'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../../docs/other-servers.md', import.meta.url), 'utf8')

/** Returns the cells of the first table below a heading, by row. */
function tableBelow(heading: string): string[][] {
  const lines = page.slice(page.indexOf(heading)).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
  return lines.slice(first, first + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

const isDialect = (value: unknown): value is Dialect => typeof value === 'object' && value !== null && 'name' in value
const all = Object.entries(dialects).filter((entry): entry is [string, Dialect] => isDialect(entry[1]))

test('the table of capabilities names every dialect, and matches what each lacks', () => {
  const [head = [], , ...rows] = tableBelow('## What works on which server')
  const names = head.slice(1).map((cell) => cell.replaceAll('`', ''))
  expect(names.toSorted()).toEqual(all.map(([name]) => name).toSorted())
  const lacked = new Set(all.flatMap(([, { lacks }]) => Object.keys(lacks ?? {})))
  for (const [label = '', ...cells] of rows) {
    const capability = /`([a-z_.]+)`/.exec(label)?.[1]
    if (capability === undefined) continue
    lacked.delete(capability)
    for (const [index, cell] of cells.entries()) {
      const [, dialect] = all.find(([name]) => name === names[index]) ?? []
      const isLacked = dialect?.lacks?.[capability as keyof typeof dialect.lacks] !== undefined
      expect([capability, names[index], cell]).toEqual([capability, names[index], isLacked ? 'no' : 'yes'])
    }
  }
  expect([...lacked]).toEqual([])
})

test('the table of dialects has a row for each', () => {
  const [, , ...rows] = tableBelow('## Dialects')
  expect(rows.map(([name = '']) => name.replaceAll('`', '')).toSorted()).toEqual(all.map(([name]) => name).toSorted())
})
