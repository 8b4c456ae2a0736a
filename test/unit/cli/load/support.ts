import type { LoadOptions } from '../../../../src/cli/load/options.js'
import { createReport, type LoadReport, type LoadSample } from '../../../../src/cli/load/report.js'
import { createTally, type Tally } from '../../../../src/cli/load/tally.js'

export const options: LoadOptions = {
  calls: 2,
  rampMs: 1_000,
  holdMs: 2_000,
  callMs: 180_000,
  via: 'twilio',
  url: undefined,
  emulatorPort: undefined,
  relay: 'bridge',
  tools: 0.34,
  bargeIns: 0,
  drops: 0,
  admissionMs: undefined,
  pids: [],
  processes: undefined,
  pin: false,
  heap: false,
  cpuProfile: undefined,
  nodeOptions: [],
  limits: {},
}

/** A second in which a tally was filled, the measured process used 200 ms of CPU, and the callers `loadMs`. */
export function sampleOf(atMs: number, phase: 'ramp' | 'hold', fill: (tally: Tally) => void, loadMs = 300): LoadSample {
  const tally = createTally()
  tally.open = 2
  fill(tally)
  const usage = { cpuMs: 200, elapsedMs: 1_000, rssBytes: 60e6, loopP99Ms: 2 }
  return {
    atMs,
    phase,
    tallies: [tally.take()],
    usage,
    generator: [{ name: 'callers 1', usage: { ...usage, cpuMs: loadMs } }],
  }
}

export function reportOf(samples: readonly LoadSample[], changes: Partial<LoadOptions> = {}): LoadReport {
  return createReport({
    options: { ...options, ...changes },
    startedAt: '2026-11-23T10:00:00.000Z',
    interrupted: false,
    samples,
    measuredName: 'bridge',
    baselineRssBytes: 50e6,
    heap: undefined,
  })
}
