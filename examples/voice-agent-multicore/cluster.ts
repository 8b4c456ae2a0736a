import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'

export interface ClusterOptions {
  /** Number of processes, one for each core. */
  readonly workers: number
  readonly env: Readonly<Record<string, string>>
  /** Called for each message of a worker. */
  readonly onMessage?: (worker: Worker, message: unknown) => void
}

/** Processes that end sooner than this after their start are not replaced at once, so that a mistake does not start processes without end. */
const shortestLifeMs = 5_000

/**
 * Starts one process for each core. All of them listen on the same port, and the primary process gives them new connections in turn. Resolves
 * with the port.
 */
export async function startCluster(options: ClusterOptions): Promise<{ port: number; close(): Promise<void> }> {
  const { workers, env, onMessage } = options
  cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.ts', import.meta.url)) })
  let isClosing = false

  function start(): Worker {
    const worker = cluster.fork(env)
    const startedAt = performance.now()
    worker.on('message', (message) => onMessage?.(worker, message))
    worker.once('exit', () => {
      if (isClosing) return
      const livedMs = performance.now() - startedAt
      setTimeout(() => isClosing || start(), livedMs < shortestLifeMs ? shortestLifeMs : 0)
    })
    return worker
  }

  const ports = Array.from({ length: workers }, start).map(
    (worker) =>
      new Promise<number>((resolve, reject) => {
        worker.once('listening', ({ port }) => resolve(port))
        worker.once('exit', () => reject(new Error('A worker has ended before it listened.')))
      }),
  )
  const [port = 0] = await Promise.all(ports)
  return {
    port,
    async close() {
      isClosing = true
      const running = Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? [])
      await Promise.all(
        running.map((worker) => {
          const exited = new Promise((resolve) => worker.once('exit', resolve))
          worker.kill()
          return exited
        }),
      )
    },
  }
}
