import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientRun } from './runs.js'

/**
 * V8 doubles the young generation, up to this size in MB, whenever as much as its size has survived since the last time. A client of bare
 * sockets takes minutes to reach it, and one with more objects seconds, so a short run would measure in which of these steps it is.
 */
const maxYoungMegabytes = 16

/** Starts a file of this folder with the Node.js options of this process, pinned to a core where `taskset` exists. */
function start(file: string, core: number, args: readonly string[] = []): ChildProcess {
  const options = [...process.execArgv, `--min-semi-space-size=${maxYoungMegabytes}`]
  const node = [process.execPath, ...options, fileURLToPath(new URL(file, import.meta.url)), ...args]
  const [command = '', ...rest] = canPin ? ['taskset', '-c', String(core), ...node] : node
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
}

const serverCore = 0
const clientCore = 1

/** Whether processes can be pinned to a core each. */
export const canPin: boolean = [serverCore, clientCore].every(
  (core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0,
)

/** A running server process. */
export interface ServerProcess {
  readonly port: number
  stop(): void
}

export async function startServer(): Promise<ServerProcess> {
  const child = start('server.ts', serverCore)
  const failed = once(child, 'exit').then(() => {
    throw new Error('the bench server did not start')
  })
  const [line] = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), failed])
  failed.catch(() => {})
  return { port: Number(line), stop: () => child.kill() }
}

/**
 * Runs a client process, and returns its result.
 * @throws {Error} When it fails or takes longer than `limitMs`.
 */
export async function runClient<Result>(run: ClientRun, limitMs: number): Promise<Result> {
  const child = start('client.ts', clientCore, [JSON.stringify(run)])
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let output = ''
  child.stdout?.on('data', (data) => {
    output += data
  })
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0)
    throw new Error(
      `the client ${run.contender} (${run.kind}) ${code === null ? `exceeded ${limitMs} ms` : `exited with code ${code}`}`,
    )
  return JSON.parse(output.slice(output.lastIndexOf('\n') + 1)) as Result
}
