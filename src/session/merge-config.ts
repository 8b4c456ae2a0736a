/** The configuration after a change: nested settings are changed one by one, as on the server; lists and `null` replace. */
export function mergeConfig<Config extends object>(before: Config, change: Config): Config {
  const merged = { ...before } as Record<string, unknown>
  for (const [key, value] of Object.entries(change)) {
    const known = merged[key]
    merged[key] = isPlain(known) && isPlain(value) && !isWhole.has(key) ? mergeConfig(known, value) : value
  }
  return merged as Config
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
