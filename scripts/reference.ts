// Writes the generated pages of docs/reference. With --check, reports pages that are not up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorsPages } from './reference/errors-page.js'
import { eventsPage } from './reference/events-page.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = { 'docs/reference/events.md': eventsPage(root), ...errorsPages(root) }
const isCheck = process.argv.includes('--check')

for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path)
  if (read(file) === text) continue
  if (isCheck) {
    console.error(`${path} is stale; run "npx tsx scripts/reference.ts" and commit it.`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`${path} written`)
  }
}

/** Returns the text of a file with normalized line endings, or `undefined` if the file does not exist. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return undefined
  }
}
