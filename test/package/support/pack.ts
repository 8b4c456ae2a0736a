import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { output } from './run.js'

/** The library as a user gets it: packed, and installed into a project of its own. All paths are absolute. */
export interface Packed {
  /** A folder for this run; what lies in it goes with the run. */
  readonly folder: string
  readonly tarball: string
  /** What the tarball holds. */
  readonly files: readonly PackedFile[]
  /** A project that has the tarball installed, and what the tarball depends on. */
  readonly project: string
  /** Where the tarball was unpacked. */
  readonly installed: string
}

export interface PackedFile {
  readonly path: string
  readonly size: number
}

export interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** The checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Packs the library, which is built first if it was not, and installs it; whoever calls removes the folder. */
export async function pack(): Promise<Packed> {
  const isBuilt = ['index.js', 'index.d.ts'].every((name) => existsSync(join(root, 'dist', name)))
  if (!isBuilt) await output('npm', ['run', '--silent', 'build'], { cwd: root, timeoutMs: 240_000 })
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'realtime-primitives-')))
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [{ filename, files }] = JSON.parse(await output('npm', args, { cwd: root }))
  const tarball = join(folder, filename)
  const project = join(folder, 'project')
  return { folder, tarball, files, project, installed: await install(tarball, project) }
}

/** Lays a project out as a package manager would, from what the checkout has; nothing is downloaded. */
async function install(tarball: string, project: string): Promise<string> {
  const installed = join(project, 'node_modules', 'realtime-primitives')
  await mkdir(installed, { recursive: true })
  await output('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  for (const name of Object.keys((await manifestOf(installed)).dependencies)) await link(project, name)
  return installed
}

/** Gives a project a package of the checkout. */
export async function link(project: string, name: string): Promise<void> {
  const target = join(project, 'node_modules', name)
  await mkdir(dirname(target), { recursive: true })
  await symlink(join(root, 'node_modules', name), target, 'junction').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

export async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

/** What a user can import, by the name that is written in an import. */
export async function entriesOf({ installed }: Packed): Promise<string[]> {
  const { exports } = await manifestOf(installed)
  return Object.keys(exports)
    .filter((path) => !/\.js(on)?$/.test(path))
    .map((path) => path.replace(/^\./, 'realtime-primitives'))
}
