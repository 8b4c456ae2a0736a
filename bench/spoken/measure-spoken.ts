import { availableParallelism } from 'node:os'
import { runProgram } from '../run-program.js'
import type { SpokenResult } from './conversations.js'

/** The durations of all conversations. */
export interface SpokenMeasure {
  readonly conversations: number
  readonly processes: number
  /** Mean duration of a conversation on its clock, in seconds. */
  readonly spokenSeconds: number
  /** Time from the first to the last conversation, without the start of the processes, in seconds. */
  readonly elapsedSeconds: number
}

/** Holds spoken conversations in memory, in one process for each of at most two cores. */
export async function measureSpoken(conversations: number): Promise<SpokenMeasure> {
  const processes = Math.min(2, availableParallelism())
  const shares = Array.from({ length: processes }, (_, index) => Math.floor((conversations + index) / processes))
  const results = await Promise.all(shares.map(runProcess))
  return {
    conversations,
    processes,
    spokenSeconds: results.reduce((sum, { spokenMs }) => sum + spokenMs, 0) / conversations / 1_000,
    elapsedSeconds: Math.max(...results.map(({ elapsedMs }) => elapsedMs)) / 1_000,
  }
}

async function runProcess(count: number): Promise<SpokenResult> {
  return JSON.parse(await runProgram(new URL('run.ts', import.meta.url), [String(count)])) as SpokenResult
}
