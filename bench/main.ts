// Compares the library with others: `npm run bench`, or `npm run bench -- inbound --rounds 100`. See docs/performance.md.
import { parseArgs } from 'node:util'
import { compareUsage, fewCalls, measureCapacity, type RelayName, type UsageRow } from './calls/measure-calls.js'
import { measureCores } from './cores/measure-cores.js'
import { measureIdle } from './idle.js'
import { measureInbound } from './inbound.js'
import { median, type Result } from './measure.js'
import { measureOutbound } from './outbound.js'
import { kinds } from './profile/heap-snapshot.js'
import { measureHeap } from './profile/measure-heap.js'
import { measureProfiles } from './profile/measure-profile.js'
import { measureSize } from './profile/measure-size.js'
import { contendersOf, measureSockets } from './sockets/measure-sockets.js'
import { contenderNames } from './sockets/runs.js'
import { measureSpoken } from './spoken/measure-spoken.js'
import { measureHistory, measureHour } from './state.js'
import { ratioText, table } from './table.js'
import { measureTelemetry } from './telemetry/measure-telemetry.js'
import { makeTrace } from './trace.js'
import { measureWeight } from './weight.js'

const usage = `usage: npm run bench -- [part]... [--rounds 40] [--conversations 1000]
       npm run bench -- sockets [--rounds 3] [--seconds 10] [--sessions 150] [--contenders ${contenderNames.join(',')}]
       npm run bench -- calls [--rounds 3] [--seconds 60] [--sessions 100]
       npm run bench -- capacity [--seconds 60] [--sessions 100]
       npm run bench -- cores [--rounds 3] [--seconds 60] [--sessions 100]
       npm run bench -- telemetry [--rounds 10] [--conversations 40]
       npm run bench -- heap
       npm run bench -- profile [--seconds 10] [--sessions 150]
       npm run bench -- size`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    sessions: { type: 'string' },
    contenders: { type: 'string' },
    conversations: { type: 'string' },
  },
})
const rounds = Number(values.rounds ?? 40)
const socketRounds = Number(values.rounds ?? 3)
const seconds = Number(values.seconds ?? 10)
const sessions = Number(values.sessions ?? 150)
const conversations = Number(values.conversations ?? 1_000)
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

const callsOptions = {
  seconds: Number(values.seconds ?? 60),
  calls: Number(values.sessions ?? 100),
  rounds: socketRounds,
}

/** Returns a signal that Ctrl+C aborts. */
function interruption(): AbortSignal {
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  return interrupt.signal
}

/** Compares the telephone bridge with a bare relay. Takes a quarter of an hour and two cores, so it runs only when it is named. */
async function calls(): Promise<void> {
  const [bare, bridge] = await compareUsage(callsOptions, interruption())
  if (!bare || !bridge) return
  const row = (name: string, read: (row: UsageRow) => number) => [
    name,
    ...[bare, bridge].map((entry) => read(entry).toFixed(read(entry) < 20 ? 2 : 0)),
    ratioText(read(bridge) / read(bare)),
  ]
  const rows = [
    row('CPU, ms per call and second', ({ cpuMsPerSession }) => cpuMsPerSession),
    row('memory, KB per call', ({ memoryKbPerSession }) => memoryKbPerSession),
    row(`memory, KB per call beyond ${fewCalls}`, ({ memoryKbPerFurtherSession }) => memoryKbPerFurtherSession),
    row('memory of the process, MB', ({ memoryMb }) => memoryMb),
  ]
  print(`Telephone calls: medians of ${callsOptions.rounds} rounds`, table(['', 'bare', 'bridge', '×'], rows))
}

/** Finds out how many calls the bridge and the bare relay carry. Takes half an hour and two cores. */
async function capacity(): Promise<void> {
  const found = await measureCapacity(callsOptions, interruption())
  const carriedBy = (relay: RelayName) => found.find(({ name }) => name === relay)?.carries ?? Number.NaN
  const rows = [
    [
      'calls carried',
      ...found.map(({ carries }) => String(carries)),
      ratioText(carriedBy('bridge') / carriedBy('bare')),
    ],
  ]
  print(
    'Telephone calls: p99 of the added delay at most 10 ms, no gap over 60 ms',
    table(['', 'bare', 'bridge', '×'], rows),
  )
  for (const { name, endedBy } of found)
    if (endedBy === 'generator')
      console.log(`\nMore calls to ${name} saturate the load generator: compare the CPU per call.`)
}

/** Shows what a connected session consists of. It compares heap snapshots, so it runs only when it is named. */
async function heap(): Promise<void> {
  const rows = await measureHeap(trace)
  const cells = (name: string, count: (kind: (typeof kinds)[number]) => number, bytes: number) => [
    name,
    ...kinds.map((kind) => count(kind).toFixed(1)),
    bytes.toFixed(0),
  ]
  const sum = (value: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + value(row), 0)
  print(
    'Heap of a connected session by source file: objects of each kind, and bytes',
    table(
      ['', ...kinds, 'bytes'],
      [
        ...rows.map(({ file, counts, bytes }) => cells(file, (kind) => counts[kind], bytes)),
        cells(
          'total',
          (kind) => sum(({ counts }) => counts[kind]),
          sum(({ bytes }) => bytes),
        ),
        ['bytes', ...kinds.map((kind) => sum(({ bytesOf }) => bytesOf[kind]).toFixed(0)), ''],
      ],
    ),
  )
}

/** Shows which source files the CPU time of a session goes to. Few samples mean little, so it runs for a while, and only when it is named. */
async function profile(): Promise<void> {
  for (const { title, rows } of await measureProfiles(trace, sessions, seconds)) {
    const cells = rows.map(({ file, share }) => [file, (share * 100).toFixed(1)])
    print(`CPU profile, ${title}: share of each source file`, table(['', '%'], cells))
  }
}

/** Shows what the bundle of `createSession` and `webSocket` consists of. */
async function size(): Promise<void> {
  const { gzipBytes, files } = await measureSize()
  const cells = (name: string, bytes: number, gzip: number) => [name, String(bytes), (gzip / 1_000).toFixed(2)]
  const rows = files.map(({ file, bytes, gzipBytes: gzip }) => cells(file, bytes, gzip))
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const head = ['', 'minified bytes', 'KB that the compressed bundle loses without it']
  print(
    'Bundle of createSession and webSocket by source file',
    table(head, [...rows, cells('total', total, gzipBytes)]),
  )
}

/** Compares one and two processes of the cluster example. Takes ten minutes and two cores. */
async function cores(): Promise<void> {
  const measured = await measureCores(callsOptions, interruption())
  const rows = measured.map(({ workers, calls: mean, cpuMsPerSession, busiestShare, p99Ms, longestGapMs }) => [
    String(workers),
    mean.toFixed(1),
    cpuMsPerSession.toFixed(2),
    `${(busiestShare * 100).toFixed(0)} %`,
    p99Ms.toFixed(1),
    longestGapMs.toFixed(0),
  ])
  const head = ['processes', 'calls', 'CPU, ms per call and second', 'CPU of the busiest process', 'p99, ms', 'gap, ms']
  print(`node:cluster: medians of ${callsOptions.rounds} rounds`, table(head, rows))
}

/** Measures the CPU of telemetry. */
async function telemetry(): Promise<void> {
  const pairs = Number(values.rounds ?? 10)
  const measured = await measureTelemetry(pairs, Number(values.conversations ?? 40))
  const rows = [
    ['without, ms per conversation', median(measured.without).toFixed(2)],
    ['with, ms per conversation', median(measured.with).toFixed(2)],
    ['difference, %', measured.differencePercent.toFixed(2)],
    ['spread without, %', `±${measured.spreadPercent.toFixed(2)}`],
  ]
  print(`Telemetry: CPU of a spoken conversation of a minute, medians of ${pairs} pairs of runs`, table(['', ''], rows))
}

const onRequest: Readonly<Record<string, () => Promise<void>>> = {
  sockets,
  calls,
  capacity,
  cores,
  telemetry,
  heap,
  profile,
  size,
}

const isInteger = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
const isKnown = positionals.every((name) => Object.hasOwn(onRequest, name) || Object.hasOwn(parts, name))
const isValid =
  isKnown &&
  contenders !== undefined &&
  isInteger(rounds, 1, 1_000) &&
  isInteger(seconds, 1, 100) &&
  isInteger(sessions, 11, 1_000) &&
  isInteger(conversations, 2, 100_000)
if (!isValid) {
  console.error(`${usage}\nparts: ${[...Object.keys(parts), ...Object.keys(onRequest)].join(', ')}`)
  process.exit(1)
}
for (const [name, part] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await part()
for (const [name, part] of Object.entries(onRequest)) if (positionals.includes(name)) await part()

function print(title: string, text: string): void {
  console.log(`\n${title}\n\n${text}`)
}

/** Formats results with their ratio to the first one. */
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
