// Compares the library with others, side by side in one process: `npm run bench`, or `npm run bench -- inbound --rounds 100`.
import { parseArgs } from 'node:util'
import { measureInbound } from './inbound.js'
import type { Result } from './measure.js'
import { measureMemory } from './memory.js'
import { measureOutbound } from './outbound.js'
import { measureHistory, measureHour } from './state.js'
import { ratioText, table } from './table.js'
import { makeTrace } from './trace.js'
import { measureWeight } from './weight.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '40' } },
})
const rounds = Number(values.rounds)
const trace = makeTrace()

const parts: Record<string, () => Promise<void>> = {
  async inbound() {
    const megabytes = (trace.bytes / 1e6).toFixed(1)
    const { asText, asBytes } = await measureInbound(trace, rounds)
    print(`Inbound: ${trace.frames.length} events, ${megabytes} MB, audio left as base64`, compared(asText, 'event'))
    print('Inbound: the same, audio decoded to bytes', compared(asBytes, 'event'))
  },
  async outbound() {
    print('Outbound: 20 ms of float samples to a frame', compared(await measureOutbound(trace, rounds), 'chunk'))
  },
  async memory() {
    print('Memory of an idle session', weighed(await measureMemory(trace)))
  },
  async state() {
    const rows = (await measureHistory(trace)).map(({ name, few, many, ratio }) => [
      name,
      few.toFixed(2),
      many.toFixed(2),
      ratioText(ratio),
    ])
    print('State: an event with 10 and with 10,000 items', table(['', 'µs at 10', 'µs at 10,000', '×'], rows))
    print('Memory that an hour adds: 600 turns, 18,000 audio deltas', weighed(await measureHour(trace)))
  },
  async weight() {
    print('Weight in a page, minified and compressed', weighed(await measureWeight()))
  },
}

const unknown = positionals.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`usage: npm run bench -- [${Object.keys(parts).join('|')}]... [--rounds 40]`)
  process.exit(1)
}
for (const [name, part] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await part()

function print(title: string, text: string): void {
  console.log(`\n${title}\n\n${text}`)
}

/** Everything as so many times the first. */
function compared(results: readonly Result[], unit: string): string {
  const rows = results.map(({ name, ratio, microseconds }) => [name, ratioText(ratio), microseconds.toFixed(2)])
  return table(['', '×', `µs/${unit}`], rows)
}

function weighed(results: readonly { name: string; kilobytes: number }[]): string {
  const base = results[0]?.kilobytes ?? Number.NaN
  return table(
    ['', '×', 'KB'],
    results.map(({ name, kilobytes }) => [name, ratioText(kilobytes / base), kilobytes.toFixed(1)]),
  )
}
