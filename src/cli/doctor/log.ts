import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { findEvent } from '../../migrate/find-event.js'
import { isJson } from '../../migrate/json.js'
import { upgradeLog } from '../../migrate/upgrade-log.js'

/** The content of an event log. */
export interface LogReport {
  readonly file: string
  /** Number of lines that are not empty. */
  readonly lines: number
  /** Converted events, by their beta type. */
  readonly upgraded: Readonly<Record<string, number>>
  /** Removed values without an equivalent in GA, by path. */
  readonly dropped: Readonly<Record<string, number>>
  /** Added values that GA requires and the log does not contain, by path. */
  readonly assumed: Readonly<Record<string, number>>
  /** Events of unknown types. */
  readonly unknown: Readonly<Record<string, number>>
  /** Lines without an event, or with one that cannot be converted: the first of them, and their number. */
  readonly broken: {
    readonly count: number
    readonly first: readonly { readonly line: number; readonly message: string }[]
  }
  readonly events: number
}

const mostBroken = 5
const mostArrayBytes = 64 * 2 ** 20

/** Reads a log line by line. Calls `keep` with each converted line, or the original line if it cannot be converted. */
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

/** Returns the start of the JSON in a line. Loggers write a time, a level, and words before it. */
function startOfEvent(line: string): number {
  const at = /^[\s\uFEFF]*(?:\{|\[\s*\{)/.test(line) ? 0 : line.indexOf('{"')
  return at > 0 && line.trimEnd().endsWith('}') ? at : 0
}

/** Returns the original event of a line, or the first one if the line is an array. */
function oldEvent(line: string): { readonly type?: unknown } | undefined {
  const value: unknown = JSON.parse(line.replace(/^\uFEFF/, ''))
  const entry: unknown = Array.isArray(value) ? value[0] : value
  return isJson(entry) ? findEvent(entry)?.event : undefined
}

/** Reads the lines of a file without loading all of it. */
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

/** Returns the entries of a file that is a single array of events as lines. Such a file is loaded completely. */
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
