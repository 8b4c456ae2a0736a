import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

const folder = fileURLToPath(new URL('../../../shared/', import.meta.url))

/** Defines tests that need reference material beside the checkout. Without it, one test is skipped with the reason. */
export function withShared(path: string, define: (file: string) => void): void {
  const file = `${folder}${path}`
  if (existsSync(file)) define(file)
  else skipped(`reference material: compares with ../shared/${path}`, `../shared/${path} is absent`)
}

/** Defines a test that is skipped with a reason, which `scripts/count-tests.mjs` prints. */
export function skipped(name: string, reason: string): void {
  test(name, (context) => {
    Object.assign(context.task.meta, { skipReason: reason })
    context.skip(reason)
  })
}

/** Returns the values of a file with one JSON value per line. */
export function jsonLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
