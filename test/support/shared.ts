import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

const folder = fileURLToPath(new URL('../../../shared/', import.meta.url))

/** Runs tests on reference material beside the checkout; a clone without it has one test that says so. */
export function withShared(path: string, define: (file: string) => void): void {
  const file = `${folder}${path}`
  if (existsSync(file)) define(file)
  else
    test(`../shared/${path} is absent, so nothing is compared with it`, () => {
      process.stdout.write(`../shared/${path} is absent: nothing is compared with it.\n`)
    })
}

/** The values of a file that holds one JSON value a line. */
export function jsonLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
