/** Counts of durations in buckets, which have a constant size however many durations there are. */
export interface Histogram {
  add(ms: number): void
  /** Adds the counts of another histogram. */
  merge(counts: HistogramCounts): void
  /** Returns the duration that a part of the values does not exceed, within 2 %. `undefined` without values. */
  quantile(part: number): number | undefined
  readonly count: number
  readonly maxMs: number
  /** Returns the counts, for another process or a file. */
  counts(): HistogramCounts
  clear(): void
}

/** Counts by bucket, and the largest value. */
export interface HistogramCounts {
  readonly buckets: readonly (readonly [bucket: number, count: number])[]
  readonly maxMs: number
}

/** p50, p95, and p99 of a duration in milliseconds. `null` without values. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

const smallestMs = 0.01
const growth = Math.log(1.02)
/** Above 10 minutes. */
const maxBucket = 1_000

export function createHistogram(): Histogram {
  let buckets = new Map<number, number>()
  let count = 0
  let maxMs = 0

  function addTo(bucket: number, added: number): void {
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + added)
    count += added
  }

  return {
    add(ms) {
      const bucket = ms <= smallestMs ? 0 : Math.min(maxBucket, Math.ceil(Math.log(ms / smallestMs) / growth))
      addTo(bucket, 1)
      maxMs = Math.max(maxMs, ms)
    },
    merge(counts) {
      for (const [bucket, added] of counts.buckets) addTo(bucket, added)
      maxMs = Math.max(maxMs, counts.maxMs)
    },
    quantile(part) {
      if (count === 0) return undefined
      let left = Math.max(1, Math.ceil(count * part))
      for (const [bucket, size] of [...buckets].sort(([a], [b]) => a - b)) {
        left -= size
        if (left <= 0) return Math.min(maxMs, smallestMs * Math.exp(bucket * growth))
      }
      return maxMs
    },
    get count() {
      return count
    },
    get maxMs() {
      return maxMs
    },
    counts: () => ({ buckets: [...buckets], maxMs }),
    clear() {
      buckets = new Map()
      count = 0
      maxMs = 0
    },
  }
}

export function percentilesOf(histogram: Histogram): Percentiles {
  const at = (part: number) => histogram.quantile(part) ?? null
  return {
    count: histogram.count,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: histogram.count === 0 ? null : histogram.maxMs,
  }
}
