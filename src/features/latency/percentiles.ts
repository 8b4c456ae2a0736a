/** The distribution of a mark over the turns that had it, in milliseconds. */
export interface Percentiles {
  /** The number of turns. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** The last values of a mark, `limit` at most. */
export interface Samples {
  add(value: number): void
  /** Returns the percentiles by the nearest-rank method, or `undefined` without a value. */
  percentiles(): Percentiles | undefined
}

export function createSamples(limit: number): Samples {
  const values: number[] = []
  let next = 0
  return {
    add(value) {
      values[next] = value
      next = (next + 1) % limit
    },
    percentiles() {
      const sorted = [...values].sort((a, b) => a - b)
      const max = sorted.at(-1)
      if (max === undefined) return undefined
      const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? max
      return { count: sorted.length, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max }
    },
  }
}
