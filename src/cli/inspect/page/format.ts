/** Returns a time of the call as minutes, seconds, and tenths: `1:02.5`. */
export function clockTime(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100)
  const seconds = Math.floor(tenths / 10) % 60
  return `${Math.floor(tenths / 600)}:${String(seconds).padStart(2, '0')}.${tenths % 10}`
}

/** Returns a duration in words for screen readers and tables: `240 ms`, `1.2 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Returns an amount with four significant digits. The currency is that of the price list, which is not known. */
export function amount(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(4)))
}

/** Returns an ISO date as `2026-11-30 06:24 UTC`, or an empty text if it is none. */
export function dateTime(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
