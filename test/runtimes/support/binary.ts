import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../package/support/pack.js'

/** Smallest size of a program, in bytes. A smaller file is the placeholder that a package contains until its install script has run. */
const minProgramBytes = 1_000_000

/**
 * Returns the path of the program of an npm package. It is in the optional package for this platform, or in the package itself when the install
 * script has moved or linked it there.
 */
export async function binaryOf(name: string, file: string): Promise<string> {
  const modules = join(root, 'node_modules')
  const { optionalDependencies } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
  const places = [...Object.keys(optionalDependencies), name].map((place) => join(modules, place, file))
  const found = places
    .flatMap((path) => [path, `${path}.exe`])
    .find((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > minProgramBytes)
  if (!found) throw new Error(`${name} is not installed for this platform. Install without --omit=optional.`)
  return found
}
