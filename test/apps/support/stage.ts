import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Packed, root } from '../../package/support/pack.js'

/** A copy of an example project that can be built and run. */
export interface App {
  /** Absolute path of the copy. */
  readonly folder: string
  remove(): Promise<void>
}

/** Folders that are not copied, because building or running an example in place creates them. */
const generatedFolders = /(^|\/)(node_modules|\.next|\.svelte-kit|build|dist|__pycache__)(\/|$)/

/**
 * Copies an example and installs the packed library in it. The copy is inside the checkout, where its other dependencies resolve: bundlers
 * reject packages that are linked from another place.
 */
export async function stage({ installed }: Packed, name: string): Promise<App> {
  const source = join(root, 'examples', name)
  const stages = join(root, '.apps')
  await mkdir(stages, { recursive: true })
  const folder = await mkdtemp(join(stages, `${name}-`))
  await cp(source, folder, { recursive: true, filter: (path) => !generatedFolders.test(path.slice(source.length)) })
  await cp(installed, join(folder, 'node_modules', 'realtime-primitives'), { recursive: true })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
