import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { assetUrl } from '../assets.js'
import type { WorkerRequest, WorkerResponse, WorkerRole, WorkerSample } from './worker-messages.js'

/** A process of a load test. */
export interface WorkerProcess {
  readonly pid: number
  /** The port that it listens on, if it serves. */
  readonly port: number | undefined
  take(): Promise<WorkerSample>
  setCount(count: number): Promise<void>
  /** Returns the used heap after a forced collection, in bytes. */
  collectGarbage(): Promise<number>
  /** Ends the process, by force if it does not end in time. */
  stop(): Promise<void>
}

export interface WorkerProcessOptions {
  /** The core on which the process runs, where `taskset` exists. */
  readonly core?: number | undefined
  /** Options of Node.js, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[]
}

/** Long, because a machine under load is slow. */
const requestTimeoutMs = 120_000
const stopTimeoutMs = 5_000

/** Returns whether processes can be pinned to cores. */
export function canPin(): boolean {
  return spawnSync('taskset', ['-c', '0', 'true']).status === 0
}

type Request = WorkerRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never

/** Starts a process. @throws {Error} if the role cannot be started, such as for a port that is taken. */
export async function startWorker(
  role: WorkerRole,
  { core, nodeOptions = [] }: WorkerProcessOptions = {},
): Promise<WorkerProcess> {
  const file = fileURLToPath(assetUrl('load/worker.js'))
  const node = ['--expose-gc', ...nodeOptions]
  const child: ChildProcess =
    core === undefined
      ? fork(file, { execArgv: node })
      : fork(file, { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...node] })
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let ids = 0

  child.on('message', (response: WorkerResponse) => {
    const request = pending.get(response.id)
    pending.delete(response.id)
    if ('problem' in response) request?.reject(new Error(response.problem))
    else request?.resolve(response.result)
  })
  void exited.then(() => {
    for (const { reject } of pending.values()) reject(new Error(`The ${role.role} process has ended unexpectedly.`))
    pending.clear()
  })

  function ask<Result>(request: Request, timeoutMs = requestTimeoutMs): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      ids += 1
      const id = ids
      const timer = setTimeout(
        () => settle(() => reject(new Error(`The ${role.role} process does not respond.`))),
        timeoutMs,
      )
      const settle = (report: () => void) => {
        clearTimeout(timer)
        pending.delete(id)
        report()
      }
      pending.set(id, {
        resolve: (value) => settle(() => resolve(value as Result)),
        reject: (error) => settle(() => reject(error)),
      })
      if (!child.connected) settle(() => reject(new Error(`The ${role.role} process has ended.`)))
      else child.send({ ...request, id }, (error) => error && settle(() => reject(error)))
    })
  }

  async function stop(): Promise<void> {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await ask({ type: 'stop' }, stopTimeoutMs).catch(() => child.kill('SIGKILL'))
    await exited
    clearTimeout(timer)
  }

  try {
    const { port } = await ask<{ readonly port?: number }>({ type: 'start', ...role })
    return {
      pid: child.pid ?? 0,
      port,
      take: () => ask({ type: 'take' }),
      async setCount(count) {
        await ask({ type: 'set-count', count })
      },
      collectGarbage: () => ask({ type: 'collect-garbage' }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
