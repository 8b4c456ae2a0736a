import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { SpokenResult } from './conversations.js'

/** What all conversations took. */
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

function runProcess(count: number): Promise<SpokenResult> {
  const file = fileURLToPath(new URL('run.ts', import.meta.url))
  // With tsx as this process has it.
  const child = spawn(process.execPath, [...process.execArgv, file, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 600_000,
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as SpokenResult)
      else reject(new Error(`The conversations ended with exit code ${code}.`))
    })
  })
}
