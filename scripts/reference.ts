// Writes the generated pages of docs/reference; with --check it only tells whether they are up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorsPage } from './reference/errors-page.js'
import { eventsPage } from './reference/events-page.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = { 'docs/reference/events.md': eventsPage, 'docs/reference/errors.md': errorsPage }
const isCheck = process.argv.includes('--check')

for (const [path, write] of Object.entries(pages)) {
  const text = write(root)
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

/** The text of a file with the line ends of the repository, or nothing when there is no such file. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return undefined
  }
}
