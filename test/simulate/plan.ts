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
  /** The theme that decides about the options of the session. */
  readonly focus?: string
  readonly steps: readonly Step[]
}

/** How much more often the steps of a theme occur in a plan with this theme. */
const themeFactor = 8

/** How many of the plans have only a few kinds of steps. The others have all kinds. */
const focusedRate = 0.75

/** How many of the plans consist of scenarios. */
const scenarioRate = 0.3

/** Waits between steps, in milliseconds. The long ones are longer than a deadline of the library. */
const shortWaits = [0, 0, 5, 40, 150, 400, 1_000, 1_000, 3_000, 12_000]
const longWaits = [10_500, 16_000, 31_000, 61_000, 125_000]

/** Faults of the network that a connection meets while it is opened. */
const openingFaults = [
  'silent server',
  'silent handshake',
  'refused handshake',
  'fatally refused handshake',
  'offline',
  'refused later update',
  'unanswered later update',
]

/** Actions while a connection is being opened. */
const openingActions = ['abort a wait', 'abort the last wait', 'connect again', 'close', 'say a word', 'say many words']

/**
 * Creates the plan with a number of a run. Some plans have all kinds of steps, of which a theme makes some more frequent. The others are
 * focused: they have a few kinds of steps of a theme, so that these meet often. Both contain some scenarios, or nothing else: steps that only
 * show a fault one after another.
 */
export function createPlan(kind: Kind, runSeed: number, index: number): Plan {
  const seed = hashText(`${kind.name}:${runSeed}:${index}`)
  const random = createRandom(seed).fork('plan')
  const hasOnlyScenarios = random.chance(scenarioRate)
  const count = hasOnlyScenarios ? 0 : random.integer(4, 30)
  const pace = random.pick([1, 1, 0.2, 4]) * (kind.pace ?? 1)
  const longWaitRate = kind.pace === undefined ? random.pick([0, 0, 0.05, 0.15]) : 0
  const isFocused = random.chance(focusedRate)
  const theme = isFocused || random.chance(0.6) ? random.pick(Object.keys(kind.themes)) : undefined
  const { actions, faults, faultRate } = isFocused ? focus(random, kind, theme) : spread(random, kind, theme)
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
  const scenarios = isFocused ? fittingScenarios(kind, theme) : []
  const scenarioCount = hasOnlyScenarios ? random.integer(1, 4) : faultRate > 0 ? random.pick([0, 1, 1, 2]) : 0
  for (let left = scenarioCount; left > 0; left--) {
    const scenario = random.pick(scenarios.length > 0 && random.chance(0.7) ? scenarios : kind.scenarios)
    const at = hasOnlyScenarios ? steps.length : random.integer(0, steps.length)
    steps.splice(at, 0, ...playScenario(random, scenario, kind.pace ?? 1, stepOf))
  }
  const connectAfter = random.chance(0.15) ? random.integer(1, 3) : 0
  // The first connection fails differently from later ones.
  if (connectAfter > 0 && faultRate > 0) {
    steps[connectAfter - 1] = stepOf(random.pick(openingFaults), 0)
    const next = steps[connectAfter]
    if (next && random.chance(0.5)) steps[connectAfter] = stepOf(next.name, 20_000 * (kind.pace ?? 1))
  }
  // Users also give up, repeat, or end a connection that is being opened.
  const possible = openingActions.filter((name) => Object.hasOwn(kind.actions, name))
  if (random.chance(connectAfter > 0 ? 0.5 : 0.2))
    for (let left = random.integer(1, 3); left > 0 && possible.length > 0; left--)
      steps.splice(connectAfter, 0, stepOf(random.pick(possible), random.pick([0, 5, 40, 150, 1_000])))
  const burstRate = random.pick([0.5, 0.5, 1])
  return {
    kind: kind.name,
    seed,
    steps,
    burstRate,
    ...(connectAfter > 0 ? { connectAfter } : {}),
    ...(isFocused && theme !== undefined ? { focus: theme } : {}),
  }
}

type Weights = Readonly<Record<string, number>>

interface StepChoice {
  readonly actions: Weights
  readonly faults: Weights
  /** How many of the steps are faults. */
  readonly faultRate: number
}

/** All kinds of steps. Those of the theme are more frequent. */
function spread(random: Random, kind: Kind, theme: string | undefined): StepChoice {
  const steps = theme === undefined ? [] : (kind.themes[theme] ?? [])
  const emphasize = (weights: Weights) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, steps.includes(name) ? weight * themeFactor : weight]),
    )
  // Some sessions have many faults, and some have none.
  return {
    actions: emphasize(kind.actions),
    faults: emphasize(kind.faults),
    faultRate: random.pick([0, 0.1, 0.25, 0.5]),
  }
}

/** Some steps of the theme, and at most two others. */
function focus(random: Random, kind: Kind, theme = ''): StepChoice {
  const steps = (kind.themes[theme] ?? []).filter(() => random.chance(0.6))
  const choose = (weights: Weights, others: number): Weights => {
    const names = steps.filter((name) => (weights[name] ?? 0) > 0)
    for (let left = others; left > 0 || names.length === 0; left--) names.push(random.weighted(weights))
    return Object.fromEntries(names.map((name) => [name, random.pick([1, 2, 4])]))
  }
  return {
    actions: choose(kind.actions, random.pick([0, 0, 1, 2])),
    faults: choose(kind.faults, random.pick([0, 0, 1])),
    faultRate: random.pick([0, 0, 0.15, 0.3]),
  }
}

/** Returns the scenarios that consist of steps of the theme. */
function fittingScenarios(kind: Kind, theme = ''): Kind['scenarios'] {
  const steps = kind.themes[theme] ?? []
  return kind.scenarios.filter((scenario) => scenario.every((part) => typeof part === 'number' || steps.includes(part)))
}

/** Returns the steps of a scenario. Numbers in it are waits before the next step. */
function playScenario(
  random: Random,
  scenario: Kind['scenarios'][number],
  pace: number,
  stepOf: (name: string, waitMs: number) => Step,
): readonly Step[] {
  let waitMs = random.pick(shortWaits) * pace
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
