import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { output } from './run.js'

/** The packed library, installed in a project. All paths are absolute. */
export interface Packed {
  /** Temporary folder of this test run. */
  readonly folder: string
  readonly tarball: string
  /** Files of the tarball. */
  readonly files: readonly PackedFile[]
  /** Project in which the tarball and its dependencies are installed. */
  readonly project: string
  /** Folder of the installed package. */
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

/** Root folder of the checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Packs the library and installs it in a new project. Builds it first if there is no build. The caller removes the folder. */
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

/** Installs a tarball in a project. Its dependencies are links to those of the checkout, so nothing is downloaded. */
async function install(tarball: string, project: string): Promise<string> {
  const installed = join(project, 'node_modules', 'realtime-primitives')
  await mkdir(installed, { recursive: true })
  await output('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  for (const name of Object.keys((await manifestOf(installed)).dependencies)) await link(project, name)
  return installed
}

/** Links a dependency of the checkout into a project. */
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

/** Returns the names of all entries, such as `realtime-primitives/audio`. */
export async function entriesOf({ installed }: Packed): Promise<string[]> {
  const { exports } = await manifestOf(installed)
  return Object.keys(exports)
    .filter((path) => !/\.js(on)?$/.test(path))
    .map((path) => path.replace(/^\./, 'realtime-primitives'))
}
