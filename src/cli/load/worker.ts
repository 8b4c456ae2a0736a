// A process of a load test: the emulator, the agent, or callers. Started by worker-process.ts.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startBridgeProcess } from './bridge-process.js'
import { startCallers } from './callers.js'
import { startEmulatorProcess } from './emulator-process.js'
import { startRelayProcess } from './relay-process.js'
import type { RoleHandle } from './role-handle.js'
import type { WorkerRequest, WorkerRole, WorkerSample } from './worker-messages.js'

const resolutionMs = 5
const loop = monitorEventLoopDelay({ resolution: resolutionMs })
loop.enable()
let handle: RoleHandle | undefined

async function start(role: WorkerRole): Promise<RoleHandle> {
  switch (role.role) {
    case 'emulator':
      return startEmulatorProcess(role.options)
    case 'bridge':
      return startBridgeProcess(role.options)
    case 'relay':
      return startRelayProcess(role.options)
    case 'callers':
      return { info: {}, ...(await startCallers(role.options)) }
  }
}

function sample(): WorkerSample {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const loopP99Ms = loop.count === 0 ? 0 : Math.max(0, loop.percentile(99) / 1e6 - resolutionMs)
  loop.reset()
  return { cpuMs: (user + system) / 1_000, rssBytes: rss, heapBytes: heapUsed, loopP99Ms, tally: handle?.take?.() }
}

async function respond(request: WorkerRequest): Promise<unknown> {
  switch (request.type) {
    case 'start':
      handle = await start(request)
      return handle.info
    case 'take':
      return sample()
    case 'set-count':
      return handle?.setCount?.(request.count)
    case 'collect-garbage':
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    case 'stop':
      return handle?.stop()
  }
}

process.on('message', async (request: WorkerRequest) => {
  const { id } = request
  try {
    process.send?.({ id, result: (await respond(request)) ?? null })
  } catch (error) {
    process.send?.({ id, problem: error instanceof Error ? error.message : String(error) })
  }
  if (request.type === 'stop') process.disconnect()
})
// The command ends its processes also when it is killed.
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group. The command decides when its processes end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
