import type { AgentError } from './error.js'

/** A change of the agent in charge. */
export interface Handoff<Name extends string = string> {
  readonly from: Name
  readonly to: Name
  /** What the model, or `handOff`, had to say about it. */
  readonly input: unknown
  /** Who wants it: the model by a call, or the app by `handOff`. */
  readonly cause: 'model' | 'app'
}

/** A handoff that is about to be made. */
export interface ProposedHandoff<Name extends string = string> extends Handoff<Name> {
  /** Keeps it from being made, if it is called before the listener returns; the model reads the reason. */
  veto(reason?: string): void
}

/** A handoff that was not made. */
export interface RefusedHandoff<Name extends string = string> extends Handoff<Name> {
  readonly error: AgentError
}
