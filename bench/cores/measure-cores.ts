import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readLoadOptions } from '../../src/cli/load/options.js'
import { readProcessUsage } from '../../src/cli/load/process-usage.js'
import type { LoadReport } from '../../src/cli/load/report.js'
import { runLoad } from '../../src/cli/load/run-load.js'
import type { CallsOptions } from '../calls/measure-calls.js'
import { median } from '../measure.js'

/** What the calls have used with a number of processes: medians of the runs. */
export interface CoresRow {
  readonly workers: number
  /** Mean number of calls in progress. */
  readonly calls: number
  /** CPU of all worker processes. */
  readonly cpuMsPerSession: number
  /** Share of a core that the busiest worker process used, over the whole run. */
  readonly busiestShare: number
  readonly p99Ms: number
  readonly longestGapMs: number
}

const program = fileURLToPath(new URL('../../examples/voice-agent-multicore/main.ts', import.meta.url))
const startTimeoutMs = 60_000
const stopTimeoutMs = 30_000

/**
 * Runs the example voice-agent-multicore with one and with two processes alternately, with the same number of calls. Nothing is pinned: two
 * processes share both cores with callers and emulator.
 */
export async function measureCores(options: CallsOptions, signal: AbortSignal): Promise<readonly CoresRow[]> {
  const counts = [1, 2]
  const runs: { readonly workers: number; readonly report: LoadReport; readonly busiestShare: number }[] = []
  for (let round = 0; round < options.rounds; round++)
    for (const workers of round % 2 === 0 ? counts : [...counts].reverse())
      runs.push({ workers, ...(await runCluster(workers, options, signal)) })
  return counts.map((workers) => {
    const own = runs.filter((run) => run.workers === workers)
    const middle = (read: (run: (typeof own)[number]) => number | null) =>
      median(own.map((run) => read(run) ?? Number.NaN))
    return {
      workers,
      calls: middle(({ report }) => report.sessions.mean),
      cpuMsPerSession: middle(({ report }) => report.measured.cpuMsPerSession),
      busiestShare: middle(({ busiestShare }) => busiestShare),
      p99Ms: middle(({ report }) => report.delayMs.all.p99),
      longestGapMs: middle(({ report }) => report.gaps.longestMs),
    }
  })
}

async function runCluster(workers: number, { calls, seconds }: CallsOptions, signal: AbortSignal) {
  const emulatorPort = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', program, '--serve', '--workers', String(workers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, API_URL: `ws://127.0.0.1:${emulatorPort}/v1` },
  })
  try {
    const url = await urlOf(child)
    const pids = await childrenOf(child.pid ?? 0)
    const args = ['--via', 'twilio', '--url', url, '--emulator-port', String(emulatorPort), '--calls', String(calls)]
    const rest = [
      '--ramp',
      `${Math.ceil(calls / 10)}s`,
      '--hold',
      `${seconds}s`,
      ...pids.flatMap((pid) => ['--pid', pid]),
    ]
    const read = readLoadOptions([...args, ...rest], {
      out() {},
      err: (text: string) => process.stderr.write(text),
    } as unknown as Parameters<typeof readLoadOptions>[1])
    if ('exitCode' in read) throw new Error('The options of the load test are invalid.')
    const before = await cpuOf(pids)
    const startMs = performance.now()
    const report = await runLoad(read.load, undefined, signal, {
      onNote: (text) => process.stderr.write(`${text}\n`),
      onSample: () => {},
    })
    if (report.interrupted) throw new Error('interrupted')
    const elapsedMs = performance.now() - startMs
    const shares = (await cpuOf(pids)).map((cpuMs, index) => (cpuMs - (before[index] ?? 0)) / elapsedMs)
    const { delayMs, measured, errors, gaps } = report
    process.stderr.write(
      `processes: ${workers}, calls: ${calls}: CPU ${measured.cpuMsPerSession} ms, shares ${shares.map((share) => share.toFixed(2)).join(' and ')}, p99 ${delayMs.all.p99?.toFixed(1)} ms, longest gap ${gaps.longestMs} ms, errors ${JSON.stringify(errors)}\n`,
    )
    return { report, busiestShare: Math.max(...shares) }
  } finally {
    await stop(child)
  }
}

/** Reads the URL that the example prints when its processes listen. */
async function urlOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(startTimeoutMs) })) as [string]
  const url = /http:\S+/.exec(line)?.[0]
  if (url === undefined) throw new Error('The example has not printed its URL.')
  return url
}

/** Returns the processes that a process has started. Linux only. */
async function childrenOf(pid: number): Promise<readonly string[]> {
  const pids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/)
  const commands = await Promise.all(pids.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8')))
  // The loader may have started a process of its own.
  return pids.filter((_, index) => commands[index]?.includes('worker.ts'))
}

async function cpuOf(pids: readonly string[]): Promise<readonly number[]> {
  const usages = await Promise.all(pids.map((pid) => readProcessUsage(Number(pid))))
  return usages.map((usage) => usage?.cpuMs ?? Number.NaN)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await exited
  clearTimeout(timer)
}
