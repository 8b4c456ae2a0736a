import type { MigrationError } from './error.js'

/** What became of an event in the other dialect. Nothing is lost in silence: what is not in `events` is in `dropped`. */
export type Migration<Event> =
  | Migrated<Event>
  /** The other dialect cannot say it; `error` says why. */
  | { readonly kind: 'none'; readonly error: MigrationError<'NO_EQUIVALENT'> }
  /** It is no event. */
  | { readonly kind: 'invalid'; readonly error: MigrationError<'NOT_AN_EVENT'> }

/** The events that say the same in the other dialect. */
export interface Migrated<Event> {
  readonly kind: 'events'
  /** In the order in which they are to be said; one, or two where one became two. */
  readonly events: readonly Event[]
  /** What the other dialect has no place for. */
  readonly dropped: readonly Dropped[]
  /** What the other dialect demands and the event did not say. */
  readonly assumed: readonly Assumed[]
}

/** A value that did not come along. */
export interface Dropped {
  /** Where it stood, such as `session.temperature`; what got a new name first, where it would stand now. */
  readonly path: string
  /** As it was; it may be private. */
  readonly value: unknown
  /** Why it could not come along. */
  readonly reason: string
}

/** A value that was filled in. */
export interface Assumed {
  /** Where it stands now. */
  readonly path: string
  readonly value: unknown
}

/** Where a migration notes what it drops and assumes. */
export interface Notes {
  readonly dropped: Dropped[]
  readonly assumed: Assumed[]
}

export function createNotes(): Notes {
  return { dropped: [], assumed: [] }
}
