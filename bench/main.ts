// Compares the library with others: `npm run bench`, or `npm run bench -- inbound --rounds 100`. See docs/performance.md.
import { parseArgs } from 'node:util'
import { measureIdle } from './idle.js'
import { measureInbound } from './inbound.js'
import type { Result } from './measure.js'
import { measureOutbound } from './outbound.js'
import { contendersOf, measureSockets } from './sockets/measure-sockets.js'
import { contenderNames } from './sockets/runs.js'
import { measureSpoken } from './spoken/measure-spoken.js'
import { measureHistory, measureHour } from './state.js'
import { ratioText, table } from './table.js'
import { makeTrace } from './trace.js'
import { measureWeight } from './weight.js'

const usage = `usage: npm run bench -- [part]... [--rounds 40] [--conversations 1000]
       npm run bench -- sockets [--rounds 3] [--seconds 10] [--sessions 150] [--contenders ${contenderNames.join(',')}]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    sessions: { type: 'string', default: '150' },
    contenders: { type: 'string' },
    conversations: { type: 'string', default: '1000' },
  },
})
const rounds = Number(values.rounds ?? 40)
const socketRounds = Number(values.rounds ?? 3)
const seconds = Number(values.seconds)
const sessions = Number(values.sessions)
const conversations = Number(values.conversations)
const contenders = contendersOf(values.contenders)
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
  async idle() {
    print('Heap of an idle session', weighed(await measureIdle(trace)))
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
  async spoken() {
    const { processes, spokenSeconds, elapsedSeconds } = await measureSpoken(conversations)
    const rows = [
      ['conversations', String(conversations)],
      ['mean duration of a conversation, s', spokenSeconds.toFixed(1)],
      ['processes', String(processes)],
      ['elapsed, s', elapsedSeconds.toFixed(1)],
      ['conversations per second', (conversations / elapsedSeconds).toFixed(1)],
    ]
    print('Spoken conversations in memory: caller, session, and emulator', table(['', 'total'], rows))
  },
}

/** Takes minutes and two cores, so it runs only when it is named. */
async function sockets(): Promise<void> {
  if (!contenders) return
  const rows = await measureSockets({ rounds: socketRounds, seconds, sessions, contenders })
  const title = `Sockets: ratios to raw, medians of ${socketRounds} rounds, ${seconds} s and ${sessions} sessions per paced run`
  const cells = rows.map(({ name, ratios }) => [name, ...ratios.map(ratioText)])
  print(title, table(['', ...contenders], cells))
}

const isInteger = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
const isKnown = positionals.every((name) => name === 'sockets' || Object.hasOwn(parts, name))
const isValid =
  isKnown &&
  contenders !== undefined &&
  isInteger(rounds, 1, 1_000) &&
  isInteger(seconds, 1, 100) &&
  isInteger(sessions, 11, 1_000) &&
  isInteger(conversations, 2, 100_000)
if (!isValid) {
  console.error(`${usage}\nparts: ${Object.keys(parts).join(', ')}, sockets`)
  process.exit(1)
}
for (const [name, part] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await part()
if (positionals.includes('sockets')) await sockets()

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
