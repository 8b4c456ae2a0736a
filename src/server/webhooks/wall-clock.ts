/** Source of the current time, such as `Date`. */
export interface WallClock {
  /** Milliseconds since 1970. */
  now(): number
}
