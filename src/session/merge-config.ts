/**
 * Returns the configuration after a change. Nested settings are merged one by one, as on the server; lists and `null` replace. What is
 * `undefined` is not sent, and changes nothing. A change without effect returns the same object.
 */
export function mergeConfig<Config extends object>(before: Config, change: Config): Config {
  const merged = { ...before } as Record<string, unknown>
  let isChanged = false
  for (const [key, value] of Object.entries(change)) {
    const known = merged[key]
    const next = isPlain(known) && isPlain(value) && !isWhole.has(key) ? mergeConfig(known, value) : value
    if (value === undefined || isSame(known, next)) continue
    merged[key] = next
    isChanged = true
  }
  return isChanged ? (merged as Config) : before
}

/** Returns the configuration after an acknowledged `session.update`. The session adds `type` by itself. */
export function mergeUpdate<Config extends object>(before: Config | undefined, session: object): Config | undefined {
  const { type: _, ...change } = session as { type?: unknown }
  return Object.keys(change).length === 0 ? before : mergeConfig(before ?? ({} as Config), change as Config)
}

/** Settings that the server takes as a whole: their fields mean nothing without each other. */
const isWhole = new Set([
  'format',
  'turn_detection',
  'transcription',
  'noise_reduction',
  'voice',
  'tool_choice',
  'truncation',
])

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && JSON.stringify(a) === JSON.stringify(b))
}
