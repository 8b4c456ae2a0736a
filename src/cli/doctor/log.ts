import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { findEvent } from '../../migrate/find-event.js'
import { isJson } from '../../migrate/json.js'
import { upgradeLog } from '../../migrate/upgrade-log.js'

/** What a log of events holds. */
export interface LogReport {
  readonly file: string
  /** Lines with something in them. */
  readonly lines: number
  /** Events that GA says otherwise, by their old type. */
  readonly upgraded: Readonly<Record<string, number>>
  /** Values that GA has no place for, by path. */
  readonly dropped: Readonly<Record<string, number>>
  /** Values that GA demands and the log did not say, by path. */
  readonly assumed: Readonly<Record<string, number>>
  /** Events of types that nobody knows. */
  readonly unknown: Readonly<Record<string, number>>
  /** Lines that hold no event, or one that GA cannot say: the first of them, and how many. */
  readonly broken: {
    readonly count: number
    readonly first: readonly { readonly line: number; readonly message: string }[]
  }
  readonly events: number
}

const mostBroken = 5
const mostArrayBytes = 64 * 2 ** 20

/** Reads a log line by line; `keep` gets each line as GA says it, broken ones as they were. */
export function readLog(file: string, path: string, keep: (line: string) => void = () => {}): LogReport {
  const counts = {
    upgraded: new Map<string, number>(),
    dropped: new Map<string, number>(),
    assumed: new Map<string, number>(),
    unknown: new Map<string, number>(),
  }
  const first: { line: number; message: string }[] = []
  let broken = 0
  let events = 0
  let lines = 0
  let lead = ''
  let text = ''

  function* watched(): Generator<string> {
    for (const line of arrayIn(path) ?? linesOf(path)) {
      lead = line.slice(0, startOfEvent(line))
      text = line.slice(lead.length)
      if (line.trim() !== '') lines += 1
      yield text
    }
  }

  for (const upgraded of upgradeLog(watched())) {
    if (upgraded.kind === 'broken') {
      broken += 1
      if (first.length < mostBroken) first.push({ line: upgraded.line, message: upgraded.error.message })
      keep(lead + upgraded.text)
      continue
    }
    events += upgraded.events.length
    for (const line of upgraded.lines) keep(lead + line)
    for (const { path: at } of upgraded.dropped) count(counts.dropped, at)
    for (const { path: at } of upgraded.assumed) count(counts.assumed, at)
    const now = upgraded.events[0]
    const old = oldEvent(text)
    if (upgraded.kind === 'unknown') count(counts.unknown, String(now?.type))
    else if (JSON.stringify(old) !== JSON.stringify(now)) count(counts.upgraded, String(old?.type ?? now?.type))
  }
  const tell = (map: ReadonlyMap<string, number>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    file,
    lines,
    events,
    upgraded: tell(counts.upgraded),
    dropped: tell(counts.dropped),
    assumed: tell(counts.assumed),
    unknown: tell(counts.unknown),
    broken: { count: broken, first },
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

/** Where the JSON of a line begins: loggers write the time, a level and words before it. */
function startOfEvent(line: string): number {
  const at = /^[\s\uFEFF]*(?:\{|\[\s*\{)/.test(line) ? 0 : line.indexOf('{"')
  return at > 0 && line.trimEnd().endsWith('}') ? at : 0
}

/** The event of a line before it was upgraded; of a line that is an array, its first. */
function oldEvent(line: string): { readonly type?: unknown } | undefined {
  const value: unknown = JSON.parse(line.replace(/^\uFEFF/, ''))
  const entry: unknown = Array.isArray(value) ? value[0] : value
  return isJson(entry) ? findEvent(entry)?.event : undefined
}

/** The lines of a file, which is never held as a whole. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r')
  const decoder = new StringDecoder('utf8')
  const chunk = Buffer.alloc(1 << 16)
  let rest = ''
  try {
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, size))).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield line.replace(/\r$/, '')
    }
    yield rest + decoder.end()
  } finally {
    closeSync(file)
  }
}

/** The entries of a file that is one array of events, as lines; such a file is read at once. */
function arrayIn(path: string): readonly string[] | undefined {
  if (statSync(path).size > mostArrayBytes) return undefined
  const file = readFileSync(path, 'utf8')
  if (!/^\uFEFF?\s*\[/.test(file)) return undefined
  try {
    const entries: unknown = JSON.parse(file.replace(/^\uFEFF/, ''))
    return Array.isArray(entries) ? entries.map((entry) => JSON.stringify(entry)) : undefined
  } catch {
    return undefined
  }
}
