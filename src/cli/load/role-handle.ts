import type { TallyReport } from './tally.js'

/** A started role. */
export interface RoleHandle {
  readonly info: { readonly port?: number }
  take?(): TallyReport
  setCount?(count: number): void
  stop(): void | Promise<void>
}
