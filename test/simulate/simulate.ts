import { createJournal, type Journal } from './journal.js'
import { createNetwork } from './network/network.js'
import { createOracle, type Violation } from './oracle.js'
import { createPage } from './page.js'
import type { Plan } from './plan.js'
import { createPledges, nameOf } from './pledges.js'
import { createRandom } from './random.js'
import { seedGlobals } from './seeded-globals.js'
import { createVirtualClock } from './virtual-clock.js'
import type { Environment, Kind, World } from './world.js'

/** What became of a plan. */
export interface Outcome {
  readonly violations: readonly Violation[]
  readonly journal: Journal
}

/** Longest virtual time in which everything must have settled once all faults have ended, in milliseconds. */
const calmMs = 400_000
const calmStepMs = 2_500
/** A session has come to rest when it was quiet at so many checks in a row. Tools of the simulation run at most 6 seconds. */
const quietChecks = 3

/**
 * Simulates one session. The same plan always gives the same journal.
 * @param onEndless Called with the violation when a loop breaks a law without end. Such a loop can only be ended with the process.
 */
export async function simulate(
  kind: Kind,
  plan: Plan,
  onEndless: (violation: Violation) => void = () => {},
): Promise<Outcome> {
  const random = createRandom(plan.seed)
  const clock = createVirtualClock()
  const journal = createJournal(clock.now)
  const { report, violations } = createOracle(onEndless)
  const expected = new Set<unknown>()
  const restoreGlobals = seedGlobals({
    random: random.fork('identifiers'),
    dateNow: clock.dateNow,
    onReportedError(error) {
      if (!expected.delete(error)) report('nothing is thrown where no caller can receive it', nameOf(error))
    },
  })
  const page = random.fork('page').chance(0.4) ? createPage() : undefined
  try {
    const options = random.fork('options')
    const network = createNetwork({
      clock,
      random: random.fork('network'),
      journal,
      burstRate: plan.burstRate ?? 0.5,
      onEndless: (detail) => onEndless({ law: 'a session does not send without end', detail }),
      latencyMs: options.pick([
        [0, 0],
        [1, 20],
        [20, 200],
      ] as const),
    })
    const isFaultless = !plan.steps.some(({ name }) => Object.hasOwn(kind.faults, name))
    const pledges = createPledges({ clock, journal, report, isFaultless, disturbedAt: () => network.disturbedAt })
    const world = kind.create({
      clock,
      random: options,
      journal,
      network,
      page,
      pledges,
      report,
      isFaultless,
      focus: plan.focus,
      expectReported: (error) => void expected.add(error),
    })
    await run(world, plan, { clock, journal, report, pledges })
    network.heal()
    page?.setOnline(true)
    world.calm()
    let quiet = 0
    for (let waited = 0; waited < calmMs && quiet < quietChecks; waited += calmStepMs) {
      await clock.advance(calmStepMs)
      world.calm()
      world.connect()
      world.check()
      quiet = world.isQuiet() && pledges.open.length === 0 ? quiet + 1 : 0
    }
    for (const what of pledges.open)
      report('every promise settles', `${what} is pending ${calmMs} ms after the last fault`)
    if (!world.isQuiet()) report('a session comes to rest', 'something was under way after the last fault')
    else await world.checkCalm()
    world.close()
    // What the server never acknowledges may take as long as a request.
    await clock.advance(60_000)
    for (const what of pledges.pending) report('every promise settles when the session is closed', what)
    world.checkClosed()
    if (page && page.listeners > 0) report('no listener is left', `${page.listeners} on the page`)
    if (expected.size > 0) report('an error of a listener is reported', `${expected.size} errors were not`)
  } catch (error) {
    report('the simulation itself does not fail', error instanceof Error ? String(error.stack) : String(error))
  } finally {
    page?.restore()
    restoreGlobals()
  }
  for (const { law, detail } of violations) journal.note(`VIOLATION ${law}: ${detail}`)
  return { violations, journal }
}

async function run(
  world: World,
  plan: Plan,
  { clock, journal, report, pledges }: Pick<Environment, 'clock' | 'journal' | 'report' | 'pledges'>,
): Promise<void> {
  const { connectAfter = 0 } = plan
  for (const [index, { waitMs, name, seed }] of plan.steps.entries()) {
    if (index === connectAfter) world.connect()
    await clock.advance(waitMs)
    const perform = world.actions[name] ?? world.faults[name]
    if (!perform) throw new Error(`${plan.kind} has no step named ${name}`)
    journal.note(`step ${name}`)
    try {
      await perform(createRandom(seed))
    } catch (error) {
      report('no method throws anything but its documented errors', `${name}: ${nameOf(error)}`)
    }
    await clock.advance(0)
    for (const what of pledges.deaf) report('an aborted signal ends its wait at once', what)
    world.check()
  }
  // Plans that were shrunk may have fewer steps.
  if (plan.steps.length <= connectAfter) world.connect()
}
