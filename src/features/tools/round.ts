import { createId } from '../../internal/id.js'
import type { Call, CallOutcome, RunningCall } from './call.js'
import type { LateResult } from './deliver.js'
import type { Tool } from './tool.js'

/** The calls of one response, from the first that is written to the last output that the server has. */
export interface Round {
  readonly responseId: string
  readonly entries: Entry[]
  /** Arguments that came before the item was described whole, by call. */
  readonly texts: Map<string, string>
  isDone: boolean
  /** Whether the model is to answer when the outputs are there. */
  isAnswered: boolean
  hasFollowed: boolean
  /** What is ready is told at once: the next response may begin at any time. */
  isUrgent: boolean
  hasSpoken: boolean
}

/** One call of a round. */
export interface Entry {
  call: Call
  readonly outputId: string
  order: number
  tool: Tool | undefined
  isComplete: boolean
  running: RunningCall | undefined
  outcome: CallOutcome | undefined
  /** The output said that the tool is still running, and the result follows as a message. */
  isLate: boolean
  lateResult: LateResult | undefined
  delivery: 'none' | 'sent' | 'acknowledged'
  /** The server has no such call: it was lost with the connection, or was never in the conversation. */
  isUnknown: boolean
}

export function createRound(responseId: string): Round {
  return {
    responseId,
    entries: [],
    texts: new Map(),
    isDone: false,
    isAnswered: true,
    hasFollowed: false,
    isUrgent: false,
    hasSpoken: false,
  }
}

export function createEntry(call: Call, described: Pick<Entry, 'order' | 'isComplete' | 'tool'>): Entry {
  return {
    call,
    outputId: createId('item'),
    ...described,
    running: undefined,
    outcome: undefined,
    isLate: false,
    lateResult: undefined,
    delivery: 'none',
    isUnknown: false,
  }
}

/** The server is told, as far as this side can tell. */
export const isSent = ({ delivery }: Entry) => delivery !== 'none'

/** There is nothing left to run, to stop or to tell. */
export const isOver = ({ delivery, outcome }: Entry) => delivery === 'acknowledged' && outcome !== undefined

export function drop({ entries }: Round, entry: Entry): void {
  entries.splice(entries.indexOf(entry), 1)
}
