// Runs before and after `npm pack`. The README of the package has absolute links, because package registries show it without the other files.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { absoluteTarget, rewriteTargets } from './site/links.js'

/** Returns the README with absolute links and images. */
export function packedReadme(readme: string): string {
  return rewriteTargets(readme, (target) => absoluteTarget('README.md', target, 'html'))
}

function main(): void {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const readme = join(root, 'README.md')
  const original = join(root, 'node_modules/.cache/README.md')
  if (process.argv.includes('--restore')) {
    if (existsSync(original)) renameSync(original, readme)
    return
  }
  // The original is still there when an earlier `npm pack` failed before `postpack`.
  if (existsSync(original)) renameSync(original, readme)
  const text = readFileSync(readme, 'utf8')
  mkdirSync(dirname(original), { recursive: true })
  writeFileSync(original, text)
  writeFileSync(readme, packedReadme(text))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
