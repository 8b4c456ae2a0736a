import type { Continuation } from './agent.js'
import type { Outage } from './provider.js'

/** A kill of a node. */
export interface Kill {
  readonly node: string
  readonly at: number
}

/** The parts of a pause in milliseconds, in their order. The sum is the pause. */
export type Pause = Readonly<Record<string, number>>

/** Returns the pauses of telephone calls: from the kill until the session of another node is open. */
export function telephonePauses(
  outages: readonly Outage[],
  continuations: readonly Continuation[],
  kills: readonly Kill[],
): Pause[] {
  return outages.flatMap(({ callSid, lostAt, routedAt, openAt }) => {
    const next = continuations.find(({ key, openAt }) => key === callSid && openAt > lostAt)
    if (routedAt === undefined || openAt === undefined || !next) return []
    return {
      'kill until the provider sees the closed socket': lostAt - killBefore(kills, lostAt),
      'router: record and node': routedAt - lostAt,
      'new stream': openAt - routedAt,
      'node: start message, lease, and record': next.claimedAt - openAt,
      'service: connection and history': next.openAt - next.claimedAt,
    }
  })
}

/** Returns the time from an open session until the caller gets audio, for calls in which the model had to continue. */
export function firstAudioMs(outages: readonly Outage[], continuations: readonly Continuation[]): number[] {
  return outages.flatMap(({ callSid, lostAt, heardAt }) => {
    const next = continuations.find(({ key, openAt }) => key === callSid && openAt > lostAt)
    const ms = next && heardAt !== undefined ? heardAt - next.openAt : Number.POSITIVE_INFINITY
    // Later audio belongs to the next turn of the caller.
    return ms < 2_500 ? [ms] : []
  })
}

/** Returns the pauses of calls whose audio stays at the service: from the kill until the session of another node is open. */
export function joinedPauses(continuations: readonly Continuation[], kills: readonly Kill[]): Pause[] {
  return continuations.flatMap(({ key, outcome, noticedAt, claimedAt, openAt }) => {
    if (!key.startsWith('sip:') || outcome !== 'resumed') return []
    return {
      'kill until a node looks for its calls': noticedAt - killBefore(kills, noticedAt),
      'lease and record': claimedAt - noticedAt,
      'service: connection': openAt - claimedAt,
    }
  })
}

function killBefore(kills: readonly Kill[], time: number): number {
  return kills.findLast(({ at }) => at <= time)?.at ?? time
}

/** Returns a value so that a share of the values is at most as large. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** Returns lines with the median and the 99th percentile of pauses and of their parts. */
export function pauseReport(title: string, pauses: readonly Pause[]): string[] {
  const totals = pauses.map((parts) => Object.values(parts).reduce((sum, ms) => sum + ms, 0))
  const line = (name: string, values: readonly number[]) =>
    `${name.padEnd(50)} median ${String(percentile(values, 0.5)).padStart(5)} ms, p99 ${String(percentile(values, 0.99)).padStart(5)} ms`
  return [
    line(`${title}, ${pauses.length} pauses`, totals),
    ...Object.keys(pauses[0] ?? {}).map((name) =>
      line(
        `  ${name}`,
        pauses.map((parts) => parts[name] ?? 0),
      ),
    ),
  ]
}
