import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, inject, it } from 'vitest'
import { entriesOf, link, manifestOf } from './support/pack.js'
import { output } from './support/run.js'

const packed = inject('packed')
const entries = await entriesOf(packed)

/** Returns the names that the declarations of an entry export. Exports without a value have the prefix `type `. */
function declaredExports(program: ts.Program, file: string): string[] {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${file} is not a module`)
  return checker.getExportsOfModule(module).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return target.flags & ts.SymbolFlags.Value ? symbol.name : `type ${symbol.name}`
  })
}

/** Imports each entry in a Node.js process, and returns the names of its exports. */
async function runtimeExports(): Promise<Record<string, string[]>> {
  // The peer dependency of `realtime-primitives/telemetry`.
  await link(packed.project, '@opentelemetry/api')
  const script = join(packed.project, 'exports.mjs')
  await writeFile(
    script,
    `const exported = {}
for (const entry of ${JSON.stringify(entries)}) exported[entry] = Object.keys(await import(entry))
process.stdout.write(JSON.stringify(exported))`,
  )
  return JSON.parse(await output(process.execPath, [script], { cwd: packed.project }))
}

describe('entry points', async () => {
  const { exports } = await manifestOf(packed.installed)
  const declarations = entries.map((entry) => {
    const target = exports[entry.replace('realtime-primitives', '.')]
    if (typeof target !== 'object' || !target.types) throw new Error(`${entry} has no types`)
    return join(packed.installed, target.types)
  })
  const program = ts.createProgram(declarations, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  })
  const atRuntime = await runtimeExports()

  it.each(entries)('%s exports the names in its snapshot', async (entry) => {
    const declared = declaredExports(program, declarations[entries.indexOf(entry)] ?? '').sort()
    const name = entry.replaceAll('/', '-')
    await expect(`${declared.join('\n')}\n`).toMatchFileSnapshot(`exports/${name}.txt`)
  })

  it.each(entries)('%s exports the same values at run time as in its types', (entry) => {
    const declared = declaredExports(program, declarations[entries.indexOf(entry)] ?? '')
    expect(atRuntime[entry]?.sort()).toEqual(declared.filter((name) => !name.startsWith('type ')).sort())
  })
})

describe('importing', () => {
  const globals = [
    ...['window', 'document', 'navigator', 'location', 'self', 'localStorage', 'WebSocket', 'RTCPeerConnection'],
    ...['AudioContext', 'MediaStream', 'Worker', 'fetch', 'XMLHttpRequest'],
  ]
  const neutral = entries.filter((entry) => !entry.endsWith('/node'))

  it.each(neutral)('%s reads no browser globals, starts no timers, and opens no resources', async (entry) => {
    const script = join(packed.project, `import-${neutral.indexOf(entry)}.mjs`)
    await writeFile(
      script,
      `const touched = []
for (const name of ${JSON.stringify(globals)})
  Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) })
const timers = []
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
  const original = globalThis[name]
  globalThis[name] = (...args) => (timers.push(name), original(...args))
}
await import('${entry}')
process.on('exit', () => {
  const opened = process.getActiveResourcesInfo()
  process.stdout.write(JSON.stringify({ touched, timers, opened }))
})`,
    )
    const effects = JSON.parse(await output(process.execPath, [script], { cwd: packed.project, timeoutMs: 30_000 }))
    expect(effects).toEqual({ touched: [], timers: [], opened: [] })
  })
})
