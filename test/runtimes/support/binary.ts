import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../package/support/pack.js'

/** A file this small is the note that stands in for a program until an install script has run. */
const smallestProgram = 1_000_000

/**
 * The program that an npm package brings for this machine. It arrives in whichever of its optional packages fits, and the install script,
 * if it may run, moves or links it into the package itself: it is found in both places.
 */
export async function binaryOf(name: string, file: string): Promise<string> {
  const modules = join(root, 'node_modules')
  const { optionalDependencies } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
  const places = [...Object.keys(optionalDependencies), name].map((place) => join(modules, place, file))
  const found = places
    .flatMap((path) => [path, `${path}.exe`])
    .find((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > smallestProgram)
  if (!found) throw new Error(`npm brought no ${name} for this machine; install without --omit=optional`)
  return found
}
