import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSimulator } from './build.js'
import { type Mutant, mutants } from './mutants.js'

/*
 * `npm run simulate:mutants`. Plants each fault in a copy of the sources and simulates sessions until one breaks a law. The worktree is not
 * changed. A session that breaks the same law without a mutant does not count. Fails when fewer than 90 % of the mutants are caught, or when
 * the sources without a mutant break a law in a session that was to count.
 *
 * `--first FILE` reads a table that was printed earlier, and simulates the session that caught a mutant then before all others.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '7' },
    sessions: { type: 'string', default: '1500' },
    only: { type: 'string' },
    first: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
})

// Packages are resolved from the folder of the bundle. Each run has a folder of its own, so that two runs do not share bundles.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/simulate-mutants/', import.meta.url))
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(`${cache}run-`)
const neededShare = 0.9
/** A session that takes longer than this has an endless loop. On a busy machine the process may have to wait. */
const hangMs = 5 * 60_000

/** Sessions in which a mutant never ends, or breaks a law that the sources break too. After so many, the mutant counts as missed. */
const maxSkippedSessions = 3

interface Run {
  readonly isCaught: boolean
  /** Whether a session never ended. */
  readonly hangs: boolean
  /** The first law that was broken, or how the process ended. */
  readonly law: string
  readonly session: string
}

const missed: Run = { isCaught: false, hangs: false, law: '', session: '' }
/** The simulator without a mutant. */
const original = `${folder}/original.mjs`
/** Laws that the sources without a mutant break, with the sessions. */
const broken = new Set<string>()

async function runMutant(mutant: Mutant, index: number): Promise<Run> {
  const outfile = `${folder}/${index}.mjs`
  try {
    await buildSimulator(outfile, mutant)
  } catch (error) {
    return {
      isCaught: false,
      hangs: false,
      law: `**not planted**: ${error instanceof Error ? error.message : error}`,
      session: '',
    }
  }
  const known = caughtBefore.get(mutant.name)
  if (known) {
    const run = await runKind(outfile, known.kind, ['--only', known.index])
    if (run.isCaught) return run
  }
  for (const kind of mutant.kinds ?? ['all']) {
    const run = await runKind(outfile, kind)
    if (run.isCaught) return run
  }
  return missed
}

/** Simulates sessions until one breaks a law that it does not break without a mutant. */
async function runKind(outfile: string, kind: string, selection: readonly string[] = []): Promise<Run> {
  let from = 0
  for (let skipped = 0; skipped < maxSkippedSessions; skipped++) {
    const sessions = selection.length > 0 ? selection : ['--from', String(from), '--stop-at-failure']
    const run = await runProcess([outfile, ...argumentsOf(kind), ...sessions])
    const [, failedKind, index] = /^(\S+) session (\d+)$/.exec(run.session) ?? []
    if (!run.isCaught && !run.hangs) return run
    if (failedKind === undefined) return run
    from = Number(index) + 1
    // No law can say anything about an endless loop, so that another session has to break one.
    if (run.hangs && selection.length === 0) continue
    if (run.hangs) return missed
    const unchanged = await runProcess([original, ...argumentsOf(failedKind), '--only', String(index)])
    if (!unchanged.isCaught || unchanged.law !== run.law) return run
    broken.add(`${unchanged.law} (${run.session})`)
    if (selection.length > 0) return missed
  }
  return missed
}

const argumentsOf = (kind: string) => ['--seed', values.seed, '--sessions', values.sessions, '--kind', kind]

function runProcess(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, '--announce'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let announced = ''
    let hangs = false
    const stop = () => {
      hangs = true
      child.kill('SIGKILL')
    }
    let timer = setTimeout(stop, hangMs)
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => {
      announced = String(data)
      clearTimeout(timer)
      timer = setTimeout(stop, hangMs)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      const [current = ''] = /\S+ session \d+\n$/.exec(announced) ?? []
      if (hangs) {
        resolve({ isCaught: false, hangs, law: '**endless loop**', session: current.trim() })
        return
      }
      const [, session = '', law = ''] = /FAILED (.* session \d+).*\n {2}([^\n:]*)/.exec(output) ?? []
      const isCaught = code !== 0 && law !== ''
      const end = announced.trim().split('\n').at(-1) || `exit code ${code}`
      resolve({ isCaught, hangs: false, law: code === 0 ? '' : law || `**ended**: ${end}`, session })
    })
  })
}

/** The kind and the number of the session that caught each mutant in an earlier run, by name. */
const caughtBefore = new Map(
  (values.first === undefined ? '' : readFileSync(values.first, 'utf8')).split('\n').flatMap((row) => {
    const [, name, kind, index] = /^\| ([^|]+) \| .* \| (\S+) session (\d+) \|$/.exec(row) ?? []
    return name !== undefined && kind !== undefined && index !== undefined ? [[name, { kind, index }] as const] : []
  }),
)

const selected = mutants
  .slice(Number(values.from))
  .filter(({ name }) => values.only === undefined || values.only.split(',').some((part) => name.includes(part)))
const print = (text: string) => void process.stdout.write(`${text}\n`)

await buildSimulator(original)

let caught = 0
print('| mutant | file | caught by | in |\n|---|---|---|---|')
const queue = selected.entries()

async function work(): Promise<void> {
  for (const [index, mutant] of queue) {
    const { isCaught, law, session } = await runMutant(mutant, index)
    if (isCaught) caught += 1
    print(`| ${mutant.name} | ${mutant.file} | ${isCaught || law !== '' ? law : '**not caught**'} | ${session} |`)
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work))
rmSync(folder, { recursive: true, force: true })
print(`\n${caught} of ${selected.length} mutants were caught.`)
for (const failure of broken) print(`The sources without a mutant break a law: ${failure}`)
process.exitCode = broken.size > 0 || caught < neededShare * selected.length ? 1 : 0
