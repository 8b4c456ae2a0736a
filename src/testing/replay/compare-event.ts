import { isIdName, isRecord, type RecordedCall, type RecordedEvent } from './recorded-call.js'

/** One field in which an event differs from the recorded one. */
export interface Difference {
  /** Path of the field, such as `item.content.0.text`. */
  readonly path: string
  /** The recorded value. `undefined` when the recorded event has no such field. */
  readonly expected: unknown
  /** The value that the client sent. `undefined` when its event has no such field. */
  readonly received: unknown
}

/** Options of {@link compareEvents}. */
export interface ComparisonOptions {
  /** Maximum difference of two fields in milliseconds. */
  readonly toleranceMs: number
  /** Names of fields that are not compared. */
  readonly ignore: ReadonlySet<string>
}

/** The identifiers of a replay: those that a client generates are different each time. */
export interface IdBindings {
  /** Returns whether a client may use `actual` where the recording has `recorded`. */
  accepts(recorded: string, actual: string): boolean
  bind(recorded: string, actual: string): void
  /** Returns a recorded event with the identifiers of this replay. */
  rewrite(event: RecordedEvent): RecordedEvent
}

/** Creates the identifiers of a replay. */
export function createIdBindings({ clientIds }: Pick<RecordedCall, 'clientIds'>): IdBindings {
  const actualOf = new Map<string, string>()

  function rewrite(value: unknown): unknown {
    if (typeof value === 'string') return actualOf.get(value) ?? value
    if (Array.isArray(value)) return value.map(rewrite)
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, rewrite(field)]))
    return value
  }

  return {
    accepts(recorded, actual) {
      const known = actualOf.get(recorded)
      if (known !== undefined) return known === actual
      return recorded === actual || clientIds.has(recorded)
    },
    bind: (recorded, actual) => void actualOf.set(recorded, actual),
    rewrite: (event) => (actualOf.size === 0 ? event : (rewrite(event) as RecordedEvent)),
  }
}

/** The result of a comparison. */
export interface Comparison {
  readonly differences: readonly Difference[]
  /** Binds the identifiers that the client has generated. */
  commit(): void
}

const sizeOfBytes = /^\[\d+ bytes( of (audio|data))?\]$/

/**
 * Compares an event of a client with a recorded one. Both are redacted in the same way, so redacted texts are compared by length. Event
 * identifiers and sizes of audio may differ.
 */
export function compareEvents(
  expected: RecordedEvent,
  actual: RecordedEvent,
  ids: IdBindings,
  { toleranceMs, ignore }: ComparisonOptions,
): Comparison {
  const differences: Difference[] = []
  const bindings: [string, string][] = []

  function compare(recorded: unknown, received: unknown, name: string, path: string): void {
    if (ignore.has(name)) return
    if (Array.isArray(recorded) && Array.isArray(received)) {
      for (let index = 0; index < Math.max(recorded.length, received.length); index++)
        compare(recorded[index], received[index], name, `${path}.${index}`)
      return
    }
    if (isRecord(recorded) && isRecord(received)) {
      for (const key of new Set([...Object.keys(recorded), ...Object.keys(received)]))
        compare(recorded[key], received[key], key, path === '' ? key : `${path}.${key}`)
      return
    }
    if (!isSame(recorded, received, name)) differences.push({ path, expected: recorded, received })
  }

  function isSame(recorded: unknown, received: unknown, name: string): boolean {
    if (recorded === received) return true
    if (typeof recorded === 'number' && typeof received === 'number')
      return name.endsWith('_ms') && Math.abs(recorded - received) <= toleranceMs
    if (isIdName(name)) {
      // A client that generates no identifier for what the server names itself is as good.
      if (name === 'event_id' && (recorded === undefined || received === undefined)) return true
      if (typeof recorded !== 'string' || typeof received !== 'string') return false
      if (!ids.accepts(recorded, received)) return false
      bindings.push([recorded, received])
      return true
    }
    if (typeof recorded !== 'string' || typeof received !== 'string') return false
    if (sizeOfBytes.test(recorded) && sizeOfBytes.test(received)) return true
    return isSameJson(recorded, received)
  }

  compare(expected, actual, '', '')
  return {
    differences,
    commit() {
      for (const [recorded, received] of bindings) ids.bind(recorded, received)
    },
  }
}

/** Returns whether two texts contain the same JSON object, such as arguments or outputs of functions. */
function isSameJson(left: string, right: string): boolean {
  if (!left.startsWith('{') || !right.startsWith('{')) return false
  try {
    return sorted(JSON.parse(left)) === sorted(JSON.parse(right))
  } catch {
    return false
  }
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    isRecord(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  )
}
