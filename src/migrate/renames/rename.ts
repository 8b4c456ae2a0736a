/** Kind of a renamed or removed name. */
export type RenameKind =
  /** The `type` of an event. */
  | 'event'
  /** The `type` of a content part. It depends on the item that contains the part. */
  | 'content'
  /** A field, as a path within `place`. */
  | 'field'
  /** A field that GA requires and the beta did not have. */
  | 'required'
  /** The value of a field. */
  | 'value'
  /** The name of a model. */
  | 'model'
  /** An HTTP header, as `Name: value`. */
  | 'header'
  /** A WebSocket subprotocol. */
  | 'subprotocol'
  /** The path of a URL, with its method unless it is a WebSocket. */
  | 'url'

/** A name that differs between the beta and GA, or that GA removed. */
export interface Rename {
  readonly kind: RenameKind
  /** Sender of the event that contains the name. `connection` for names outside events. */
  readonly side: 'client' | 'server' | 'both' | 'connection'
  /**
   * Location of the name: for fields the object (`session`, `transcription_session`, `response`, or `client_secret` for the HTTP response that
   * contains one), for values the field, for content the role of the item.
   */
  readonly place?: string
  /** The old name. Empty for fields that GA requires and the beta did not have. */
  readonly from: string
  /** The new name, several names if it was split, or `null` if it was removed. */
  readonly to: string | readonly string[] | null
  /** Reason, and what to do. */
  readonly reason: string
  /** Date from which the service rejects the old name, `YYYY-MM-DD`. It may be in the future. */
  readonly date: string
  /** Whether the old name can be derived from the new one, so that a round trip is the identity. */
  readonly isReversible: boolean
}
