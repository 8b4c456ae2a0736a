import type { MigrationError } from './error.js'

/** Result of translating an event to the other dialect. Values that are not in `events` are listed in `dropped`. */
export type Migration<Event> =
  | Migrated<Event>
  /** The event has no equivalent in the other dialect. `error` contains the reason. */
  | { readonly kind: 'none'; readonly error: MigrationError<'NO_EQUIVALENT'> }
  /** The value is not an event. */
  | { readonly kind: 'invalid'; readonly error: MigrationError<'NOT_AN_EVENT'> }

/** Equivalent events in the other dialect. */
export interface Migrated<Event> {
  readonly kind: 'events'
  /** Events in sending order: one, or two if the event was split. */
  readonly events: readonly Event[]
  /** Values without an equivalent. */
  readonly dropped: readonly Dropped[]
  /** Values that the other dialect requires and the event did not contain. */
  readonly assumed: readonly Assumed[]
}

/** A value that was dropped. */
export interface Dropped {
  /** Path of the value, such as `session.temperature`. For a field that was renamed first, its new path. */
  readonly path: string
  /** The original value, which may be private. */
  readonly value: unknown
  /** Why the value was dropped. */
  readonly reason: string
}

/** A value that was added. */
export interface Assumed {
  /** Path of the value in the new event. */
  readonly path: string
  readonly value: unknown
}

/** Collects the dropped and assumed values of a migration. */
export interface Notes {
  readonly dropped: Dropped[]
  readonly assumed: Assumed[]
}

export function createNotes(): Notes {
  return { dropped: [], assumed: [] }
}
