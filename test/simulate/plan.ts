import { createRandom, hashText, type Random } from './random.js'
import type { Kind } from './world.js'

/** One step of a plan. */
export interface Step {
  /** Virtual time to wait before it, in milliseconds. */
  readonly waitMs: number
  readonly name: string
  /** Seed of the details of the step, so that a step does the same without those before it. */
  readonly seed: number
}

/** Everything that is decided before a session is simulated. */
export interface Plan {
  readonly kind: string
  /** Seed of the options of the session, of its identifiers, and of the network. */
  readonly seed: number
  /** Number of steps before the session connects. 0 by default. */
  readonly connectAfter?: number
  /** How often packets that are due at the same time arrive in the same tick. 0.5 by default. */
  readonly burstRate?: number
  readonly steps: readonly Step[]
}

/** How much more often the steps of a theme occur in a plan with this theme. */
const themeFactor = 8

/** Waits between steps, in milliseconds. The long ones are longer than a deadline of the library. */
const shortWaits = [0, 0, 5, 40, 150, 400, 1_000, 1_000, 3_000, 12_000]
const longWaits = [10_500, 16_000, 31_000, 61_000, 125_000]

/** Faults of the network that a connection meets while it is opened. */
const openingFaults = ['silent server', 'silent handshake', 'refused handshake', 'fatally refused handshake', 'offline']

/** Actions while a connection is being opened. */
const openingActions = ['abort a wait', 'abort the last wait', 'connect again', 'close']

/**
 * Creates the plan with a number of a run. Each plan has a theme or none, which makes some steps more frequent, and contains some scenarios:
 * steps that only show a fault one after another.
 */
export function createPlan(kind: Kind, runSeed: number, index: number): Plan {
  const seed = hashText(`${kind.name}:${runSeed}:${index}`)
  const random = createRandom(seed).fork('plan')
  const count = random.integer(4, 30)
  // Some sessions have many faults, and some have none.
  const faultRate = random.pick([0, 0.1, 0.25, 0.5])
  const pace = random.pick([1, 1, 0.2, 4]) * (kind.pace ?? 1)
  const longWaitRate = kind.pace === undefined ? random.pick([0, 0, 0.05, 0.15]) : 0
  const theme = random.chance(0.6) ? random.pick(kind.themes) : []
  const actions = emphasize(kind.actions, theme)
  const faults = emphasize(kind.faults, theme)
  const stepOf = (name: string, waitMs: number): Step => ({
    waitMs: Math.round(waitMs * (0.5 + random.next())),
    name,
    seed: random.integer(0, 2 ** 31),
  })
  const steps = Array.from({ length: count }, (): Step => {
    const isFault = random.chance(faultRate)
    const waitMs = random.chance(longWaitRate) ? random.pick(longWaits) : random.pick(shortWaits) * pace
    return stepOf(isFault ? random.weighted(faults) : random.weighted(actions), waitMs)
  })
  if (faultRate > 0)
    for (let left = random.pick([0, 1, 1, 2]); left > 0; left--)
      steps.splice(random.integer(0, steps.length), 0, ...playScenario(random, kind, stepOf))
  const connectAfter = random.chance(0.15) ? random.integer(1, 3) : 0
  // The first connection fails differently from later ones.
  if (connectAfter > 0 && faultRate > 0) {
    steps[connectAfter - 1] = stepOf(random.pick(openingFaults), 0)
    const next = steps[connectAfter]
    if (next && random.chance(0.5)) steps[connectAfter] = stepOf(next.name, 20_000 * (kind.pace ?? 1))
  }
  // Users also give up, repeat, or end a connection that is being opened.
  const possible = openingActions.filter((name) => Object.hasOwn(kind.actions, name))
  if (random.chance(0.2))
    for (let left = random.integer(1, 3); left > 0 && possible.length > 0; left--)
      steps.splice(connectAfter, 0, stepOf(random.pick(possible), random.pick([0, 5, 40, 150, 1_000])))
  const burstRate = random.pick([0.5, 0.5, 1])
  return { kind: kind.name, seed, steps, burstRate, ...(connectAfter > 0 ? { connectAfter } : {}) }
}

function emphasize(
  weights: Readonly<Record<string, number>>,
  theme: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, theme.includes(name) ? weight * themeFactor : weight]),
  )
}

/** Returns the steps of a scenario. Numbers in it are waits before the next step. */
function playScenario(random: Random, kind: Kind, stepOf: (name: string, waitMs: number) => Step): readonly Step[] {
  const scenario = random.pick(kind.scenarios)
  let waitMs = random.pick(shortWaits) * (kind.pace ?? 1)
  return scenario.flatMap((part) => {
    if (typeof part === 'number') {
      waitMs = part
      return []
    }
    const step = stepOf(part, waitMs)
    waitMs = 0
    return [step]
  })
}
