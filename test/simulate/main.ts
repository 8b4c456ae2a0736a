import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createHeapGauge } from './heap-gauge.js'
import { kinds } from './kinds.js'
import { createPlan, type Plan } from './plan.js'
import { shrink } from './shrink.js'
import { type Outcome, simulate } from './simulate.js'
import type { Kind } from './world.js'

/*
 * `npm run simulate`. The results go to the standard output and are the same for the same arguments. Progress and memory, which are not, go
 * to the standard error.
 */

const usage = `Usage: npm run simulate -- [options]

  --seed N         Seed of the run (default 1)
  --sessions M     Sessions of each kind (default 1000)
  --kind KIND      ${[...kinds.keys()].join(', ')}, or all (default all)
  --from INDEX     Skip the sessions before this index
  --only INDEX     Simulate only the session with this index
  --plan JSON      Simulate only this plan, as it is printed for a failure
  --minutes N      Stop after so many minutes, instead of a number of sessions
  --memory         Fail when the heap grows from session to session. The sessions have few steps, so that 10,000 take minutes
  --stop-at-failure  Stop at the first session that fails, and do not shrink it
  --announce       Print each session before it starts, to the standard error
  --verbose        Print everything that happens
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '1000' },
    kind: { type: 'string', default: 'all' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    plan: { type: 'string' },
    minutes: { type: 'string' },
    memory: { type: 'boolean', default: false },
    'stop-at-failure': { type: 'boolean', default: false },
    announce: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** Sessions between two lines of progress. */
const progressSessions = 500
/** Steps of a session with --memory. What stays of a session does not depend on their number. */
const memorySteps = 3

const print = (text: string) => void process.stdout.write(`${text}\n`)

function numberOf(name: 'seed' | 'sessions' | 'from' | 'only' | 'minutes'): number {
  const value = Number(values[name])
  if (!Number.isFinite(value) || value < 0) fail(`--${name} must be a number of at least 0`)
  return value
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`)
  process.exit(2)
}

const stored = values.plan === undefined ? undefined : (JSON.parse(values.plan) as Plan)
const kindName = stored?.kind ?? values.kind
const selected = kindName === 'all' ? [...kinds.values()] : [...kinds.values()].filter(({ name }) => name === kindName)
if (values.help) {
  print(usage)
  process.exit(0)
}
if (selected.length === 0) fail(`There is no kind of session named "${kindName}"`)

const seed = numberOf('seed')
const deadline = values.minutes === undefined ? undefined : performance.now() + numberOf('minutes') * 60_000
const sessions = deadline === undefined ? numberOf('sessions') : Number.POSITIVE_INFINITY
const only = stored ? 0 : values.only === undefined ? undefined : numberOf('only')

const gauge = createHeapGauge()
const performed = new Map<string, number>()
const total = createHash('sha256')
let simulated = 0
let failures = 0

for (let index = only ?? numberOf('from'); index < (only === undefined ? sessions : only + 1); index++) {
  if (deadline !== undefined && performance.now() > deadline) break
  if (failures > 0 && values['stop-at-failure']) break
  for (const kind of selected) await runOne(kind, index)
  if (simulated % progressSessions < selected.length) reportProgress()
}

async function runOne(kind: Kind, index: number): Promise<void> {
  const whole = stored ?? createPlan(kind, seed, index)
  const plan = values.memory ? { ...whole, steps: whole.steps.slice(0, memorySteps) } : whole
  if (values.announce) process.stderr.write(`${kind.name} session ${index}\n`)
  const outcome = await simulate(kind, plan, (violation) => {
    printFailure(kind, index, [violation])
    process.exit(1)
  })
  simulated += 1
  for (const { name } of plan.steps) performed.set(name, (performed.get(name) ?? 0) + 1)
  if (!values.memory) total.update(outcome.journal.hash())
  if (values.verbose) print(`\n${kind.name} session ${index}\n${outcome.journal.lines.join('\n')}`)
  if (outcome.violations.length > 0) await reportFailure(kind, plan, index, outcome)
}

async function reportFailure(kind: Kind, plan: Plan, index: number, { violations }: Outcome): Promise<void> {
  failures += 1
  printFailure(kind, index, violations)
  if (failures > 10 || values['stop-at-failure']) return
  const laws = new Set(violations.map(({ law }) => law))
  const shrunk = await shrink(plan, async (candidate) =>
    (await simulate(kind, candidate)).violations.some(({ law }) => laws.has(law)),
  )
  print(`  shortest plan that fails in the same way:\n  ${JSON.stringify(shrunk)}`)
  print(`  replay: npm run simulate -- --seed ${seed} --kind ${kind.name} --only ${index} --verbose`)
}

function printFailure({ name }: Kind, index: number, violations: Outcome['violations']): void {
  print(`\nFAILED ${name} session ${index} of seed ${seed}`)
  for (const { law, detail } of violations) print(`  ${law}: ${detail}`)
}

function reportProgress(): void {
  const megabytes = gauge.measure()
  process.stderr.write(
    `${simulated} sessions, ${failures} failures, ${megabytes.toFixed(1)} MB heap after collection\n`,
  )
}

if (values.memory) {
  const growth = gauge.growth()
  process.stderr.write(`heap: ${growth.description}\n`)
  if (growth.isTooMuch) {
    failures += 1
    print(`\nFAILED memory\n  the heap is flat: ${growth.description}`)
  }
}

print(`\nSimulated ${simulated} sessions of ${selected.map(({ name }) => name).join(', ')} with seed ${seed}.`)
for (const [name, count] of [...performed].sort(([a], [b]) => (a < b ? -1 : 1)))
  print(`  ${String(count).padStart(7)} ${name}`)
print(`hash ${total.digest('hex').slice(0, 32)}`)
print(failures === 0 ? 'No law was broken.' : `${failures} sessions broke a law.`)
process.exitCode = failures === 0 ? 0 : 1
