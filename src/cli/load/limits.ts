import type { Percentiles } from './histogram.js'

/** Names of the limits, as options of the command. */
export const limitNames = [
  'max-p99-ms',
  'max-gap-ms',
  'max-gaps',
  'max-errors',
  'max-refused',
  'max-cpu-ms',
  'max-memory-kb',
  'max-heap-growth',
] as const
export type LimitName = (typeof limitNames)[number]

/** The limits that were given. */
export type Limits = { readonly [Name in LimitName]?: number }

/** A limit with what was measured. */
export interface CheckedLimit {
  readonly name: LimitName
  readonly allowed: number
  /** `null` if it could not be measured. Then the limit counts as exceeded. */
  readonly found: number | null
  readonly isExceeded: boolean
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** The values of a report that limits apply to. */
interface Measured {
  readonly delayMs: { readonly all: Percentiles }
  readonly gaps: { readonly longestMs: number; readonly over60Ms: number }
  readonly errors: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  readonly measured: { readonly cpuMsPerSession: number | null; readonly memoryKbPerSession: number | null }
  readonly heap: { readonly growthPercent: number } | undefined
}

const measures: Readonly<Record<LimitName, (report: Measured) => number | null>> = {
  'max-p99-ms': ({ delayMs }) => delayMs.all.p99,
  'max-gap-ms': ({ gaps }) => gaps.longestMs,
  'max-gaps': ({ gaps }) => gaps.over60Ms,
  'max-errors': ({ errors }) => sum(errors),
  'max-refused': ({ refused }) => sum(refused),
  'max-cpu-ms': ({ measured }) => measured.cpuMsPerSession,
  'max-memory-kb': ({ measured }) => measured.memoryKbPerSession,
  'max-heap-growth': ({ heap }) => heap?.growthPercent ?? null,
}

/** Compares a report with its limits. */
export function checkLimits(limits: Limits, report: Measured): readonly CheckedLimit[] {
  return limitNames.flatMap((name) => {
    const allowed = limits[name]
    if (allowed === undefined) return []
    const found = measures[name](report)
    return [{ name, allowed, found, isExceeded: found === null || found > allowed }]
  })
}
