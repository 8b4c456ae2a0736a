import type { AgentError } from './error.js'

/** A change of the active agent. */
export interface Handoff<Name extends string = string> {
  readonly from: Name
  readonly to: Name
  /** The input of the model or of `handOff`. */
  readonly input: unknown
  /** Whether the model called a handoff function, or the app called `handOff`. */
  readonly cause: 'model' | 'app'
}

/** A handoff that has not been made yet. */
export interface ProposedHandoff<Name extends string = string> extends Handoff<Name> {
  /** Prevents the handoff if called before the listener returns. The model receives the reason. */
  veto(reason?: string): void
}

/** A handoff that failed. */
export interface RefusedHandoff<Name extends string = string> extends Handoff<Name> {
  readonly error: AgentError
}
