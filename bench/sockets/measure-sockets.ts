import { median, shuffled } from '../measure.js'
import { canPin, runClient, startServer } from './processes.js'
import { type ContenderName, contenderNames, type FloodResult, type PacedResult, type RunKind } from './runs.js'

export interface SocketsOptions {
  readonly rounds: number
  /** Measured seconds of a paced run. */
  readonly seconds: number
  /** Sessions of a paced run. */
  readonly sessions: number
  readonly contenders: readonly ContenderName[]
}

/** One measure: the ratio to `raw` of each contender, in their order. */
export interface SocketsRow {
  readonly name: string
  readonly ratios: readonly number[]
}

const fewSessions = 10
const floodSessions = 40
/** V8 compiles the code again several times during the first sessions. */
const floodWarmups = 40
/** Additional time of a run for starting the process, connecting, and warming up, in milliseconds. */
const graceMs = 120_000

type Samples = Map<ContenderName, number[]>

/**
 * Measures contenders over loopback sockets, with the server and each client in separate processes. In each round, every contender does each
 * run once, in random order. A ratio is the median of all rounds divided by the median of `raw`.
 */
export async function measureSockets(options: SocketsOptions): Promise<SocketsRow[]> {
  const { rounds, seconds, sessions, contenders } = options
  if (!canPin) progress('taskset is missing or there is one core only: processes are not pinned')
  const rows = new Map<string, Samples>()
  const note = (row: string, contender: ContenderName, value: number) => {
    const samples: Samples = rows.get(row) ?? new Map()
    samples.set(contender, [...(samples.get(contender) ?? []), value])
    rows.set(row, samples)
  }
  const server = await startServer()
  try {
    /** Does a run with every contender. */
    async function each<Result>(
      label: string,
      kind: RunKind,
      take: (contender: ContenderName, result: Result) => void,
    ) {
      const limitMs = graceMs + (kind.kind === 'paced' ? kind.seconds * 1_000 : 0)
      for (const contender of shuffled(contenders)) {
        const result = await runClient<Result>({ contender, port: server.port, ...kind }, limitMs)
        progress(`${label}, ${contender}: ${JSON.stringify(result, (_, value) => rounded(value))}`)
        take(contender, result)
      }
    }
    for (let round = 1; round <= rounds; round++) {
      const label = `round ${round} of ${rounds}`
      const paced = { kind: 'paced', sessions, uplinkMs: 20, seconds } as const
      const flood = { kind: 'flood', sessions: floodSessions, warmups: floodWarmups } as const
      await each<FloodResult>(`${label}, flood`, flood, (contender, { cpuUsPerEvent }) =>
        note('flood: CPU per event', contender, cpuUsPerEvent),
      )
      const few = new Map<ContenderName, number>()
      await each<PacedResult>(
        `${label}, ${fewSessions} sessions`,
        { ...paced, sessions: fewSessions },
        (contender, { rssKilobytes }) => few.set(contender, rssKilobytes),
      )
      await each<PacedResult>(`${label}, ${sessions} sessions, 20 ms uplink`, paced, (contender, result) => {
        note('paced, 20 ms uplink: CPU per session', contender, result.cpuMsPerSecond)
        note('the same: median delay of an audio delta', contender, result.medianDelayMs)
        note('the same: p99 delay of an audio delta', contender, result.p99DelayMs)
        const added = result.rssKilobytes - (few.get(contender) ?? Number.NaN)
        note('the same: memory per session', contender, added / (sessions - fewSessions))
      })
      const slow = { ...paced, uplinkMs: 100 }
      await each<PacedResult>(`${label}, ${sessions} sessions, 100 ms uplink`, slow, (contender, result) =>
        note('paced, 100 ms uplink: CPU per session', contender, result.cpuMsPerSecond),
      )
    }
  } finally {
    server.stop()
  }
  return [...rows].map(([name, samples]) => {
    const base = median(samples.get('raw') ?? [])
    return { name, ratios: contenders.map((contender) => median(samples.get(contender) ?? []) / base) }
  })
}

/** Parses a list such as `raw,session`. Returns the contenders with `raw` first, or `undefined` if the list has an unknown name. */
export function contendersOf(list: string | undefined): ContenderName[] | undefined {
  if (list === undefined) return [...contenderNames]
  const names = new Set(['raw', ...list.split(',')])
  const known = contenderNames.filter((name) => names.has(name))
  return known.length === names.size ? known : undefined
}

const startedMs = performance.now()

function progress(text: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s] ${text}`)
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
