import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { assetUrl } from './assets.js'
import { type Command, exitCodes, type Io } from './io.js'
import { readOptions } from './options.js'

const help = `Usage: realtime-primitives init <folder> [options]

Creates a voice agent with tests. It runs on the emulator without an API key, and on the service if OPENAI_API_KEY is set.

  --template <page|telephone>  a web page with a server, or an agent for Twilio calls (default: page)
`

const options = {
  template: { type: 'string', default: 'page' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const nextSteps: Readonly<Record<string, string>> = {
  page: 'npm run dev    # a page that talks, and reloads after changes',
  telephone: 'npm run dev    # waits for calls of Twilio, and simulates one',
}

/** The `realtime-primitives init` command. */
export const init: Command = async (args, io) => {
  const parsed = readOptions(args, options)
  if ('problem' in parsed) return usageError(io, parsed.problem)
  const { values, positionals } = parsed
  if (values.help) {
    io.out(help)
    return exitCodes.ok
  }
  const [name, unexpected] = positionals
  if (name === undefined) return usageError(io, 'The folder of the new project is missing')
  if (unexpected !== undefined) return usageError(io, `Unexpected argument "${unexpected}"`)
  const template = values.template
  const steps = Object.hasOwn(nextSteps, template) ? nextSteps[template] : undefined
  if (steps === undefined) return usageError(io, `There is no template "${template}"`)

  const folder = resolve(io.cwd, name)
  const problem = await problemOf(folder)
  if (problem !== undefined) {
    io.err(`${name} ${problem}. Nothing was written.\n`)
    return exitCodes.usage
  }
  await mkdir(folder, { recursive: true })
  await cp(assetUrl(`templates/${template}/`), folder, { recursive: true })
  await writeManifest(folder)
  // npm packs no file of this name, so it cannot be a part of the template.
  await writeFile(join(folder, '.gitignore'), 'node_modules/\n.env\n')
  await writeFile(join(folder, 'README.md'), readmeOf(basename(folder), steps))
  io.out(`Created ${name} from the template "${template}".

  cd ${/[^\w./-]/.test(name) ? `"${name}"` : name}
  npm install
  ${steps}
  npm test       # the agent on the emulator, without a network

Set OPENAI_API_KEY to talk to the service.
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
  const dependencies = { ...manifest.dependencies, 'realtime-primitives': `^${versionOfPackage()}` }
  const named = { ...manifest, name: packageName(basename(folder)), version: '0.0.0', dependencies }
  await writeFile(path, `${JSON.stringify(named, undefined, 2)}\n`)
}

function versionOfPackage(): string {
  return (JSON.parse(readFileSync(assetUrl('../../package.json'), 'utf8')) as { version: string }).version
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

function readmeOf(name: string, steps: string): string {
  return `# ${name}

\`\`\`sh
npm install
${steps}
npm test       # the agent on the emulator, without a network
\`\`\`

Without a key, an emulator takes the place of the service. Set \`OPENAI_API_KEY\` to use the service; the key stays in the server.

\`agent.ts\` has the instructions and the tools. Change them first, and \`agent.test.ts\` with them.
`
}

function usageError(io: Io, problem: string): number {
  io.err(`${problem}.\n\n${help}`)
  return exitCodes.usage
}
