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
 * Returns the configuration after an event of the client was acknowledged, which a next server session must get: with the change of a
 * `session.update`, or the same object. `type` is left out, because the session adds it when it sends.
 * @param sessionType The `session.type` of the changes that apply. Translation sessions have none.
 */
export function acknowledgedConfig<Config extends object>(
  before: Config | undefined,
  acknowledged: { readonly type: string; readonly session?: unknown } | undefined,
  sessionType: 'realtime' | 'transcription' | undefined,
): Config | undefined {
  const session = acknowledged?.type === 'session.update' ? acknowledged.session : undefined
  if (typeof session !== 'object' || session === null) return before
  const { type, ...change } = session as { type?: unknown }
  if (type !== sessionType) return before
  return Object.keys(change).length === 0 ? before : mergeConfig(before ?? ({} as Config), change as Config)
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
