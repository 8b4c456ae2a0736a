import type { Journal } from './journal.js'
import type { Network } from './network/network.js'
import type { Report } from './oracle.js'
import type { Page } from './page.js'
import type { Pledges } from './pledges.js'
import type { Random } from './random.js'
import type { VirtualClock } from './virtual-clock.js'

/** What a simulated session is made of, apart from its kind. */
export interface Environment {
  readonly clock: VirtualClock
  /** Decides about the options of the session. */
  readonly random: Random
  readonly journal: Journal
  readonly network: Network
  /** The page in which the session runs. `undefined` on a server. */
  readonly page: Page | undefined
  readonly pledges: Pledges
  readonly report: Report
  /** Whether the plan has no faults. */
  readonly isFaultless: boolean
  /** The theme that decides about the options of the session. */
  readonly focus: string | undefined
  /** Errors that listeners of the simulation throw on purpose. */
  expectReported(error: Error): void
}

/** A step of a user, or a fault. Its random source decides about the details. */
export type Perform = (random: Random) => void | Promise<void>

/** A session of one kind with its server, at the mercy of a plan. */
export interface World {
  readonly actions: Readonly<Record<string, Perform>>
  readonly faults: Readonly<Record<string, Perform>>
  /** Connects the session, unless it is connected or closed. */
  connect(): void
  /** Checks what must hold after each step. */
  check(): void
  /** Returns whether everything that was asked for has happened. */
  isQuiet(): boolean
  /** Answers everything that waits for the user. Called again and again once all faults have ended. */
  calm(): void
  /** Checks what must hold when nothing happens any more. */
  checkCalm(): Promise<void>
  /** Closes everything. */
  close(): void
  /** Checks that nothing is left. */
  checkClosed(): void
}

/** A kind of session. */
export interface Kind {
  readonly name: string
  /** How often each action and each fault is part of a plan. */
  readonly actions: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  /** Lists of steps by name. Plans emphasize the steps of one theme. */
  readonly themes: Readonly<Record<string, readonly string[]>>
  /** Steps that follow one another, with the waits between them in milliseconds. */
  readonly scenarios: readonly (readonly (string | number)[])[]
  /** Factor of the waits between steps. 1 by default. Kinds that send audio all the time are simulated for a shorter time. */
  readonly pace?: number
  create(environment: Environment): World
}
