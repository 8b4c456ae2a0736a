import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Delay of the event loop over a sliding window. */
export interface EventLoopDelay {
  /** Returns the 99th percentile over the window, in milliseconds. */
  p99Ms(): number
  /** Moves the window. Called every half window. */
  turn(): void
  stop(): void
}

const resolutionMs = 20
/** Loading modules delays the event loop of a process that starts. It is no measure of its calls. */
const startupMs = 1_000

/**
 * Measures the event loop with two histograms. Each of them is cleared every second `turn()`, alternately, and the older one is read. So the
 * result covers the last half to full window, and one long pause counts as one value.
 */
export function measureEventLoopDelay(): EventLoopDelay {
  let older = monitorEventLoopDelay({ resolution: resolutionMs })
  let newer = monitorEventLoopDelay({ resolution: resolutionMs })
  const starting = setTimeout(() => {
    older.enable()
    newer.enable()
  }, startupMs)
  starting.unref()
  return {
    // The histogram has the intervals of a timer, which contain its resolution. It is empty at first.
    p99Ms: () => (older.count === 0 ? 0 : Math.max(0, older.percentile(99) / 1e6 - resolutionMs)),
    turn() {
      older.reset()
      const cleared = older
      older = newer
      newer = cleared
    },
    stop() {
      clearTimeout(starting)
      older.disable()
      newer.disable()
    },
  }
}
