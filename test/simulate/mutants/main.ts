import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSimulator } from './build.js'
import { type Mutant, mutants } from './mutants.js'

/*
 * `npm run simulate:mutants`. Plants each fault in a copy of the sources and simulates sessions until one breaks a law. The worktree is not
 * changed. Fails when fewer than 90 % of the mutants are caught, or when the sources without a fault break a law.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '7' },
    sessions: { type: 'string', default: '400' },
    only: { type: 'string' },
  },
})

// Packages are resolved from the folder of the bundle. Each run has a folder of its own, so that two runs do not share bundles.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/simulate-mutants/', import.meta.url))
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(`${cache}run-`)
const neededShare = 0.9
const timeoutMs = 15 * 60_000

interface Run {
  readonly isCaught: boolean
  /** The first law that was broken, or how the process ended. */
  readonly law: string
  readonly session: string
}

async function runMutant(mutant: Mutant | undefined, index: number): Promise<Run> {
  const outfile = `${folder}/${index}.mjs`
  try {
    await buildSimulator(outfile, mutant)
  } catch (error) {
    return { isCaught: false, law: `**not planted**: ${error instanceof Error ? error.message : error}`, session: '' }
  }
  const kinds = mutant?.kinds ?? ['all']
  for (const kind of kinds) {
    const run = await runProcess([
      outfile,
      '--seed',
      values.seed,
      '--sessions',
      values.sessions,
      '--kind',
      kind,
      '--stop-at-failure',
    ])
    if (run.isCaught) return run
  }
  return { isCaught: false, law: '', session: '' }
}

function runProcess(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill(), timeoutMs)
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('close', (code) => {
      clearTimeout(timer)
      const [, session = '', law = ''] = /FAILED (.* session \d+).*\n {2}([^\n:]*)/.exec(output) ?? []
      resolve({ isCaught: code !== 0, law: law || output.trim().split('\n').at(-1) || `exit code ${code}`, session })
    })
  })
}

const selected = mutants.filter(
  ({ name }) => values.only === undefined || values.only.split(',').some((part) => name.includes(part)),
)
const print = (text: string) => void process.stdout.write(`${text}\n`)

const original = values.only === undefined ? await runMutant(undefined, 0) : undefined
if (original?.isCaught) print(`The sources without a mutant break a law: ${original.law} (${original.session})`)

let caught = 0
print('| mutant | file | caught by | in |\n|---|---|---|---|')
for (const [index, mutant] of selected.entries()) {
  const { isCaught, law, session } = await runMutant(mutant, index + 1)
  if (isCaught) caught += 1
  print(`| ${mutant.name} | ${mutant.file} | ${isCaught || law !== '' ? law : '**not caught**'} | ${session} |`)
}
rmSync(folder, { recursive: true, force: true })
print(`\n${caught} of ${selected.length} mutants were caught.`)
process.exitCode = original?.isCaught || caught < neededShare * selected.length ? 1 : 0
