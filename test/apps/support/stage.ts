import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Packed, root } from '../../package/support/pack.js'

/** An example that is a project of its own, laid out to be built and run. */
export interface App {
  /** Its absolute path. */
  readonly folder: string
  remove(): Promise<void>
}

/** What an example leaves behind when somebody has run it where it is. */
const leftovers = /(^|\/)(node_modules|\.next|\.svelte-kit|build|dist|__pycache__)(\/|$)/

/**
 * Copies an example and gives it the packed library. The copy lies in the checkout, not among temporary files: there it finds what else it depends on, and
 * bundlers refuse packages that are linked to from outside.
 */
export async function stage({ installed }: Packed, name: string): Promise<App> {
  const source = join(root, 'examples', name)
  const stages = join(root, '.apps')
  await mkdir(stages, { recursive: true })
  const folder = await mkdtemp(join(stages, `${name}-`))
  await cp(source, folder, { recursive: true, filter: (path) => !leftovers.test(path.slice(source.length)) })
  await cp(installed, join(folder, 'node_modules', 'realtime-primitives'), { recursive: true })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
