import { build } from 'esbuild'

/**
 * Runs `src/protocol/event-rules.ts` and returns a module with the same exports, as data. Rules that occur more than once, such as that of an
 * item, become constants.
 */
export async function printEventRules(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'error',
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  const exports = (await import(`data:text/javascript;base64,${code}`)) as Readonly<Record<string, object>>
  return printModule(exports)
}

function printModule(exports: Readonly<Record<string, object>>): string {
  const counts = new Map<string, number>()
  for (const value of Object.values(exports)) count(value, counts)
  const names = new Map<string, string>()
  const lines: string[] = []

  function print(value: unknown): string {
    if (typeof value === 'function')
      throw new Error('an event has a rule that is not data, so the build cannot write it')
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const key = JSON.stringify(value)
    const known = names.get(key)
    if (known !== undefined) return known
    const text = Array.isArray(value)
      ? `[${value.map(print).join(', ')}]`
      : `{ ${Object.entries(value)
          .map(([name, inner]) => `${JSON.stringify(name)}: ${print(inner)}`)
          .join(', ')} }`
    if ((counts.get(key) ?? 0) < 2 || text.length < minShared) return text
    const name = `rule${names.size}`
    names.set(key, name)
    lines.push(`const ${name} = ${text}`)
    return name
  }

  for (const [name, value] of Object.entries(exports)) lines.push(`export const ${name} = ${print(value)}`)
  return `${lines.join('\n')}\n`
}

/** Shorter rules are repeated, because compression makes them smaller than a name. In characters. */
const minShared = 40

function count(value: unknown, counts: Map<string, number>): void {
  if (typeof value !== 'object' || value === null) return
  const key = JSON.stringify(value)
  const before = counts.get(key) ?? 0
  counts.set(key, before + 1)
  if (before > 0) return
  for (const inner of Object.values(value)) count(inner, counts)
}
