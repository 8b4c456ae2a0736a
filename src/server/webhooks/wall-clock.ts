/** The time of day; `Date` is one. */
export interface WallClock {
  /** Milliseconds since 1970. */
  now(): number
}
