import { availableParallelism } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { LoadOptions } from './options.js'
import { type ProcessUsage, readProcessUsage } from './process-usage.js'
import { createReport, type LoadReport, type LoadSample, type UsageInterval } from './report.js'
import type { TallyReport } from './tally.js'
import { canPin, startWorker, type WorkerProcess, type WorkerProcessOptions } from './worker-process.js'

/** What a running load test reports. */
export interface LoadProgress {
  readonly onNote: (text: string) => void
  readonly onSample: (sample: LoadSample) => void
}

const sampleMs = 1_000
const callsPerProcess = 100
const model = 'gpt-realtime-2.1'
/** The early heap is measured at this time, or after a sixth of a shorter test. */
const earlyHeapMs = 600_000

interface Process {
  readonly name: string
  readonly worker: WorkerProcess
}

/**
 * Runs a load test: starts its processes, the calls one after another during the ramp, and measures during the hold. Aborting the signal ends
 * the test early, with what was measured. All processes have ended when it resolves or rejects.
 */
export async function runLoad(
  options: LoadOptions,
  apiKey: string | undefined,
  signal: AbortSignal,
  progress: LoadProgress,
): Promise<LoadReport> {
  const started: Process[] = []
  const startedAt = new Date().toISOString()
  const pins = options.pin && canPin() && availableParallelism() > 1
  if (options.pin && !pins) progress.onNote('taskset is missing or there is one core only: processes are not pinned.')

  async function start(name: string, ...[role, given]: Parameters<typeof startWorker>): Promise<WorkerProcess> {
    const worker = await startWorker(role, given)
    started.push({ name, worker })
    return worker
  }

  try {
    const others: WorkerProcessOptions = pins ? { core: 0 } : {}
    const emulator =
      options.url === undefined || options.emulatorPort !== undefined
        ? await start(
            'emulator',
            { role: 'emulator', options: { port: options.emulatorPort ?? 0, tools: options.tools } },
            agentIsEmulator(options) ? agentOptions(options, pins) : others,
          )
        : undefined
    const modelUrl = `ws://127.0.0.1:${emulator?.port}/v1/realtime?model=${model}`
    const agent = await startAgent()
    const measured: Process[] = agent ? [agent] : agentIsEmulator(options) ? started.slice(0, 1) : []
    const measuredNames = [...measured.map(({ name }) => name), ...options.pids.map((pid) => `process ${pid}`)]
    const url = options.url ?? (agent ? `http://127.0.0.1:${agent.worker.port}/incoming` : modelUrl)
    if (options.emulatorPort !== undefined) progress.onNote(`The emulator listens on ${modelUrl}`)

    const callers = await startCallers(url)
    const baseline = await usageOf(measured.map(({ worker }) => worker))
    const samples: LoadSample[] = []
    const collect = createCollector()
    await collect('ramp')

    const startMs = performance.now()
    let nextSampleMs = startMs + sampleMs
    let early: number | undefined
    const holdFromMs = startMs + options.rampMs
    const endMs = holdFromMs + options.holdMs
    const earlyAtMs = holdFromMs + (options.holdMs >= 2 * earlyHeapMs ? earlyHeapMs : options.holdMs / 6)
    let target = 0
    /** Why a process no longer responds. What was measured before is reported. */
    let failure: Error | undefined

    while (performance.now() < endMs && !signal.aborted) {
      const nowMs = performance.now()
      const due =
        options.rampMs === 0
          ? options.calls
          : Math.min(options.calls, Math.ceil((options.calls * (nowMs - startMs + 1)) / options.rampMs))
      if (due !== target) {
        target = due
        await setCalls(callers, target)
      }
      if (options.heap && early === undefined && nowMs >= earlyAtMs) early = await heapOf(measured)
      const pauseMs =
        Math.min(nextSampleMs, endMs, target < options.calls ? nowMs + 100 : Number.POSITIVE_INFINITY) -
        performance.now()
      await wait(Math.max(1, pauseMs), undefined, { signal }).catch(() => {})
      if (performance.now() < nextSampleMs && performance.now() < endMs && !signal.aborted) continue
      // A sample that starts before the hold contains calls that are still starting.
      const phase = nextSampleMs - sampleMs >= holdFromMs ? 'hold' : 'ramp'
      const sample = await collect(phase).catch((error: Error) => error)
      if (sample instanceof Error) {
        if (samples.length === 0) throw sample
        failure = sample
        break
      }
      samples.push(sample)
      progress.onSample(sample)
      nextSampleMs = Math.max(nextSampleMs + sampleMs, performance.now() + sampleMs / 2)
    }
    if (failure) progress.onNote(`${failure.message} The test ends early.`)
    const end = early === undefined || failure ? undefined : await heapOf(measured)
    const heap = early === undefined || end === undefined ? undefined : { earlyBytes: early, endBytes: end }
    if (!failure) await setCalls(callers, 0)
    return createReport({
      options,
      startedAt,
      interrupted: signal.aborted || failure !== undefined,
      samples,
      measuredName: measuredNames.join(', ') || 'nothing',
      baselineRssBytes: baseline?.rssBytes ?? 0,
      heap,
    })

    async function startAgent(): Promise<Process | undefined> {
      if (options.via !== 'twilio' || options.url !== undefined) return undefined
      const name = options.relay === 'bare' ? 'bare relay' : 'bridge'
      const role = options.relay === 'bare' ? 'relay' : 'bridge'
      const roleOptions = { modelUrl, tools: options.tools > 0, admissionMs: options.admissionMs }
      return { name, worker: await start(name, { role, options: roleOptions }, agentOptions(options, pins)) }
    }

    async function startCallers(callersUrl: string): Promise<readonly WorkerProcess[]> {
      const cores = Math.max(1, availableParallelism() - 1)
      const count = options.processes ?? Math.min(cores, Math.ceil(options.calls / callsPerProcess))
      const { via, bargeIns, drops, callMs, tools } = options
      // The key is for the server of the user. The own emulator needs none.
      const callersKey = options.url === undefined ? undefined : apiKey
      const roleOptions = { via, url: callersUrl, bargeIns, drops, callMs, tools: tools > 0, apiKey: callersKey }
      const workers: WorkerProcess[] = []
      for (let index = 0; index < Math.min(count, options.calls); index++)
        workers.push(await start(`callers ${index + 1}`, { role: 'callers', options: roleOptions }, others))
      return workers
    }

    /** Returns a function that takes what all processes have measured since its last call. */
    function createCollector(): (phase: LoadSample['phase']) => Promise<LoadSample> {
      let lastAtMs = performance.now()
      const firstAtMs = lastAtMs
      const lastCpuMs = new Map<string, number>()
      let lastUsage: ProcessUsage | undefined
      return async (phase) => {
        const taken = await Promise.all(
          started.map(async ({ name, worker }) => ({ name, worker, sample: await worker.take() })),
        )
        const foreign = await usageOfPids(options.pids)
        const nowMs = performance.now()
        const elapsedMs = nowMs - lastAtMs
        lastAtMs = nowMs
        const usages = taken.map(({ name, worker, sample }) => {
          const cpuMs = sample.cpuMs - (lastCpuMs.get(name) ?? sample.cpuMs)
          lastCpuMs.set(name, sample.cpuMs)
          const usage: UsageInterval = { cpuMs, elapsedMs, rssBytes: sample.rssBytes, loopP99Ms: sample.loopP99Ms }
          return { name, worker, usage }
        })
        const isMeasured = (worker: WorkerProcess) => measured.some((process) => process.worker === worker)
        const own = usages.filter(({ worker }) => isMeasured(worker)).map(({ usage }) => usage)
        const foreignUsage: UsageInterval | undefined = foreign && {
          cpuMs: foreign.cpuMs - (lastUsage?.cpuMs ?? foreign.cpuMs),
          elapsedMs,
          rssBytes: foreign.rssBytes,
          loopP99Ms: undefined,
        }
        lastUsage = foreign
        return {
          atMs: nowMs - firstAtMs,
          phase,
          tallies: taken.flatMap(({ sample }) => sample.tally ?? ([] as TallyReport[])),
          usage: addUsages([...own, ...(foreignUsage ? [foreignUsage] : [])]),
          generator: usages.filter(({ worker }) => !isMeasured(worker)).map(({ name, usage }) => ({ name, usage })),
        }
      }
    }

    async function usageOf(workers: readonly WorkerProcess[]): Promise<ProcessUsage | undefined> {
      const own = await Promise.all(workers.map((worker) => worker.take()))
      const foreign = await usageOfPids(options.pids)
      const all = [...own, ...(foreign ? [foreign] : [])]
      return { cpuMs: 0, rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0) }
    }
  } finally {
    await Promise.allSettled(started.reverse().map(({ worker }) => worker.stop()))
  }
}

/** Without a bridge, the started emulator is the server under load. */
function agentIsEmulator({ via, url }: LoadOptions): boolean {
  return via === 'pcm' && url === undefined
}

function agentOptions({ cpuProfile, nodeOptions }: LoadOptions, pins: boolean): WorkerProcessOptions {
  const profile = cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfile}`]
  return { core: pins ? 1 : undefined, nodeOptions: [...nodeOptions, ...profile] }
}

/** Divides the calls among the processes. */
async function setCalls(callers: readonly WorkerProcess[], calls: number): Promise<void> {
  await Promise.all(
    callers.map((worker, index) => worker.setCount(Math.floor((calls + callers.length - 1 - index) / callers.length))),
  )
}

async function heapOf(processes: readonly Process[]): Promise<number | undefined> {
  if (processes.length === 0) return undefined
  const heaps = await Promise.all(processes.map(({ worker }) => worker.collectGarbage()))
  return heaps.reduce((sum, bytes) => sum + bytes, 0)
}

async function usageOfPids(pids: readonly number[]): Promise<ProcessUsage | undefined> {
  const usages = (await Promise.all(pids.map(readProcessUsage))).flatMap((usage) => usage ?? [])
  if (usages.length === 0) return undefined
  return {
    cpuMs: usages.reduce((sum, usage) => sum + usage.cpuMs, 0),
    rssBytes: usages.reduce((sum, usage) => sum + usage.rssBytes, 0),
  }
}

function addUsages(usages: readonly UsageInterval[]): UsageInterval | undefined {
  const [first] = usages
  if (!first) return undefined
  return {
    elapsedMs: first.elapsedMs,
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    loopP99Ms: first.loopP99Ms,
  }
}
