/** An implementation to measure. */
export interface Contender {
  readonly name: string
  /**
   * Prepares a round, which is not measured. Returns the function to measure. Its result must be the same for all contenders, which shows that
   * each has done the work.
   */
  prepare(): Promise<() => Promise<number>>
}

export interface Result {
  readonly name: string
  /** CPU time for one unit of work including garbage collection, in microseconds. Median of the rounds. */
  readonly microseconds: number
  /** Ratio to the first contender. Median of the ratios of each round, because both are affected alike when a round is slow. */
  readonly ratio: number
}

export interface MeasureOptions {
  /** Units of work in a round, such as events. */
  readonly units: number
  readonly rounds: number
  /** The result that each round must return. */
  readonly expected?: number
}

/** How often a contender does its work before it is measured in a round, which collects the garbage of the contender before it. */
const unmeasured = 1
/** How often it is measured then. */
const measured = 2

/**
 * Measures contenders in rounds. In each round, every contender has one turn, in random order, so that a slow machine affects all of them. The
 * first rounds are warm-ups.
 *
 * No collection is forced between contenders. One that finds no object of a shape, such as that of a parsed event, discards the code that was
 * compiled for it, and a program that always receives events never sees that.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions): Promise<Result[]> {
  const { units, rounds, expected } = options
  const warmups = Math.max(2, Math.round(rounds / 5))
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -warmups; round < rounds; round++) {
    for (const { name, prepare } of shuffled(contenders)) {
      let time = 0
      for (let run = -unmeasured; run < measured; run++) {
        const work = await prepare()
        const before = process.cpuUsage()
        const result = await work()
        const { user, system } = process.cpuUsage(before)
        if (expected !== undefined && result !== expected)
          throw new Error(`${name} returned ${result} instead of ${expected}`)
        if (run >= 0) time += user + system
      }
      if (round >= 0) times.get(name)?.push(time / measured / units)
    }
  }
  const [first] = times.values()
  return contenders.map(({ name }) => {
    const own = times.get(name) ?? []
    const ratios = own.map((time, round) => time / (first?.[round] ?? Number.NaN))
    return { name, microseconds: median(own), ratio: median(ratios) }
  })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Runs the garbage collector. Requires `--expose-gc`. */
export function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('Run with --expose-gc, as "npm run bench" does.')
  globalThis.gc()
}

/** Waits until all pending microtasks have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
