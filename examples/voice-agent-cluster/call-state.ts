import type { CallRecord } from 'realtime-primitives/server'

/** What happens in a call: the model speaks, a tool of it runs, or it is handed to another agent. */
export type CallState = 'sentence' | 'tool' | 'handoff' | 'quiet'

/** The states at which kills are aimed. */
export const killedStates = ['sentence', 'tool', 'handoff'] as const

/** Returns the state of a call from its record. */
export function callStateOf({ calls, isResponding }: Pick<CallRecord, 'calls' | 'isResponding'>): CallState {
  if (calls.some(({ tool }) => tool.startsWith('transfer_to_'))) return 'handoff'
  if (calls.some(({ progress }) => progress === 'started')) return 'tool'
  return isResponding && calls.length === 0 ? 'sentence' : 'quiet'
}
