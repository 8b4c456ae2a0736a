import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { docsUrl } from '../internal/project-urls.js'
import { assetUrl } from './assets.js'
import { type Command, exitCodes } from './io.js'
import { startCommand, usageError } from './options.js'

const help = `Usage: realtime-primitives init <folder> [options]

Creates a voice agent with tests. It runs on the emulator without an API key, and on the service if OPENAI_API_KEY is set.

  --template <page|telephone>  a web page with a server, or an agent for Twilio calls (default: page)
`

const options = {
  template: { type: 'string', default: 'page' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const test = 'npm test       # tests of the agent on the emulator, without a network'

const nextSteps: Readonly<Record<string, readonly string[]>> = {
  page: ['npm run dev    # serves a page to talk to the agent, and restarts after changes', test],
  telephone: [
    'npm run dev    # waits for calls of Twilio, and restarts after changes',
    'npm run call   # in a second terminal: simulates a call',
    test,
  ],
}

/** The `realtime-primitives init` command. */
export const init: Command = async (args, io) => {
  const started = startCommand(args, io, { options, help })
  if (started.exitCode !== undefined) return started.exitCode
  const { values, positionals } = started
  const [name, unexpected] = positionals
  if (name === undefined) return usageError(io, help, 'The folder of the new project is missing')
  if (unexpected !== undefined) return usageError(io, help, `Unexpected argument "${unexpected}"`)
  const template = values.template
  const steps = Object.hasOwn(nextSteps, template) ? nextSteps[template] : undefined
  if (steps === undefined) return usageError(io, help, `There is no template "${template}"`)

  const folder = resolve(io.cwd, name)
  const problem = await problemOf(folder)
  if (problem !== undefined) {
    io.err(`${name} ${problem}. Nothing was written.\n`)
    return exitCodes.usage
  }
  await mkdir(folder, { recursive: true })
  await cp(assetUrl(`templates/${template}/`), folder, { recursive: true })
  await writeManifest(folder)
  await writeReadme(folder, steps)
  // npm packs no file of this name, so it cannot be a part of the template.
  await writeFile(join(folder, '.gitignore'), 'node_modules/\n.env\n')
  io.out(`Created ${name} from the template "${template}".

  cd ${/[^\w./-]/.test(name) ? `"${name}"` : name}
  npm install
  ${steps.join('\n  ')}

agent.ts has the instructions and the tools. Without OPENAI_API_KEY, an emulator takes the place of the service.
Guide: ${docsUrl}/testing-your-agent.html
`)
  return exitCodes.ok
}

/** Returns why a folder cannot hold a new project. */
async function problemOf(folder: string): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined
  const names = await readdir(folder).catch(() => undefined)
  if (names === undefined) return 'is not a folder'
  return names.length > 0 ? 'is not empty' : undefined
}

/** Gives the copied manifest the name of the folder, and the version of this package instead of the checkout. */
async function writeManifest(folder: string): Promise<void> {
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { dependencies: Record<string, string> }
  const dependencies = { ...manifest.dependencies, 'realtime-primitives': await versionFor(folder) }
  const named = { ...manifest, name: packageName(basename(folder)), version: '0.0.0', dependencies }
  await writeFile(path, `${JSON.stringify(named, undefined, 2)}\n`)
}

/**
 * Returns the version of this package for the manifest of the new project. If the package was installed from a tarball or runs in a
 * checkout, it is the path of that, because a registry may not have this version.
 */
async function versionFor(folder: string): Promise<string> {
  const root = fileURLToPath(assetUrl('../../'))
  const source = basename(dirname(root)) === 'node_modules' ? await installedFrom(dirname(root)) : root
  if (source !== undefined) return `file:${relative(folder, source).replaceAll('\\', '/') || '.'}`
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  return `^${version}`
}

/** Returns the path of the tarball or folder that npm has installed this package from. */
async function installedFrom(modules: string): Promise<string | undefined> {
  const lock = await readFile(join(modules, '.package-lock.json'), 'utf8').catch(() => '{}')
  const { packages = {} } = JSON.parse(lock) as { packages?: Record<string, { resolved?: string }> }
  const { resolved = '' } = packages['node_modules/realtime-primitives'] ?? {}
  const path = resolved.startsWith('file:') ? resolve(dirname(modules), resolved.slice('file:'.length)) : undefined
  return path !== undefined && existsSync(path) ? path : undefined
}

/** Returns a name that npm accepts. */
function packageName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._~-]+/g, '-')
      .replace(/^[._-]+|-+$/g, '')
      .slice(0, 214) || 'voice-agent'
  )
}

/** Gives the copied README the name of the project, and the steps of this command. */
async function writeReadme(folder: string, steps: readonly string[]): Promise<void> {
  const path = join(folder, 'README.md')
  const text = await readFile(path, 'utf8')
  const commands = ['npm install', ...steps].join('\n')
  await writeFile(
    path,
    text
      .replace(/^# .+$/m, () => `# ${basename(folder)}`)
      .replace(/^```sh\n[\s\S]*?^```$/m, () => `\`\`\`sh\n${commands}\n\`\`\``),
  )
}
