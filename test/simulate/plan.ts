import { createRandom, hashText } from './random.js'
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
  readonly steps: readonly Step[]
}

/** Creates the plan with a number of a run. */
export function createPlan(kind: Kind, runSeed: number, index: number): Plan {
  const seed = hashText(`${kind.name}:${runSeed}:${index}`)
  const random = createRandom(seed).fork('plan')
  const count = random.integer(4, 30)
  // Some sessions have many faults, and some have none.
  const faultRate = random.pick([0, 0.1, 0.25, 0.5])
  const pace = random.pick([1, 1, 0.2, 4]) * (kind.pace ?? 1)
  const steps = Array.from({ length: count }, (): Step => {
    const isFault = random.chance(faultRate)
    return {
      waitMs: Math.round(
        random.pick([0, 0, 5, 40, 150, 400, 1_000, 1_000, 3_000, 12_000]) * pace * (0.5 + random.next()),
      ),
      name: isFault ? random.weighted(kind.faults) : random.weighted(kind.actions),
      seed: random.integer(0, 2 ** 31),
    }
  })
  return { kind: kind.name, seed, steps }
}
