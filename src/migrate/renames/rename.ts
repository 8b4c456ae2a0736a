/** What kind of thing was renamed or removed. */
export type RenameKind =
  /** The `type` of an event. */
  | 'event'
  /** The `type` of a part of content; it depends on the item that holds the part. */
  | 'content'
  /** A field, by its path in its place. */
  | 'field'
  /** A field that GA demands and the beta did not know. */
  | 'required'
  /** The value of a field. */
  | 'value'
  /** The name of a model. */
  | 'model'
  /** A header of HTTP, as `Name: value`. */
  | 'header'
  /** A WebSocket subprotocol. */
  | 'subprotocol'
  /** The path of an address, with its method when it is not a socket. */
  | 'url'

/** One thing that the beta called otherwise than GA does, or that GA no longer has. */
export interface Rename {
  readonly kind: RenameKind
  /** Who sends what holds the name; `connection` is what stands outside of events. */
  readonly side: 'client' | 'server' | 'both' | 'connection'
  /**
   * Where the name stands, where it does not say so itself: for fields what holds them (`session`, `transcription_session`, `response`,
   * `client_secret` for the answer that grants one), for values the field, for content the role of the item.
   */
  readonly place?: string
  /** The old name; empty for what GA demands and the beta did not know. */
  readonly from: string
  /** The new name, several where one thing became two, `null` where nothing took its place. */
  readonly to: string | readonly string[] | null
  /** Why, and what to do, in a sentence or two. */
  readonly reason: string
  /** The day since which the service refuses the old name, or will, `YYYY-MM-DD`. */
  readonly date: string
  /** Whether the old name can be had back from the new one, so that a round trip is an identity. */
  readonly isReversible: boolean
}
