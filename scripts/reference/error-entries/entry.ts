/** What the page of an error class explains about one code. Meaning, message, and data come from the source. */
export interface ErrorEntry {
  /** When the error occurs, and where it is thrown or reported. */
  readonly when: string
  /** What to do. */
  readonly fix: string
  /** TypeScript that handles or prevents the error. Compiled by the tests. */
  readonly example?: string
}

/** The page of an error class. */
export interface ErrorClassEntry<Code extends string = string> {
  /** The module that exports the class and its guard. */
  readonly module: string
  readonly codes: Readonly<Record<Code, ErrorEntry>>
}
