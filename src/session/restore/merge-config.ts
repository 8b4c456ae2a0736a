/**
 * Returns the configuration after a change, merged as the server does it: nested objects are merged, lists and `null` replace. `undefined`
 * changes nothing, because it is not sent. Returns the same object when nothing changes.
 */
export function mergeConfig<Config extends object>(before: Config, change: Config): Config {
  const merged = { ...before } as Record<string, unknown>
  let isChanged = false
  for (const [key, value] of Object.entries(change)) {
    const known = merged[key]
    const next = isPlain(known) && isPlain(value) && !replacedFields.has(key) ? mergeConfig(known, value) : value
    if (value === undefined || isSame(known, next)) continue
    merged[key] = next
    isChanged = true
  }
  return isChanged ? (merged as Config) : before
}

/**
 * Returns the configuration after events of the client were acknowledged, which a next server session must get: with the changes of each
 * `session.update`, or the same object. `type` is left out, because the session adds it when it sends.
 * @param sessionType The `session.type` of the changes that apply. Translation sessions have none.
 */
export function acknowledgedConfig<Config extends object>(
  before: Config | undefined,
  acknowledged: readonly { readonly type: string; readonly session?: unknown }[],
  sessionType: 'realtime' | 'transcription' | undefined,
): Config | undefined {
  return acknowledged.reduce<Config | undefined>((config, { type: eventType, session }) => {
    if (eventType !== 'session.update' || typeof session !== 'object' || session === null) return config
    const { type, ...change } = session as { type?: unknown }
    if (type !== sessionType || Object.keys(change).length === 0) return config
    return mergeConfig(config ?? ({} as Config), change as Config)
  }, before)
}

/** Objects that the server replaces instead of merging. */
const replacedFields = new Set([
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
