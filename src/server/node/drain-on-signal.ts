import process from 'node:process'
import { type Drainable, type DrainOptions, type DrainReport, drain } from './drain.js'

/** Options of {@link drainOnSignal}. */
export interface DrainOnSignalOptions extends DrainOptions {
  /** @defaultValue ['SIGTERM'] */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Called after the calls are drained. @defaultValue exits the process with code 0 */
  readonly onDrained?: ((report: DrainReport) => unknown) | undefined
}

/**
 * Drains the calls of this process when it receives SIGTERM, and then exits. A second signal exits at once. Returns a function that stops
 * listening to signals.
 *
 * @param calls Returns the calls that exist when the signal arrives.
 * @example
 * ```ts
 * drainOnSignal(() => sessions, { deadlineMs: 10_000, stopAccepting: () => server.close() })
 * ```
 */
export function drainOnSignal(calls: () => Iterable<Drainable>, options: DrainOnSignalOptions): () => void {
  const { signals = ['SIGTERM'], onDrained = () => process.exit(0) } = options
  let isDraining = false

  async function onSignal(): Promise<void> {
    if (isDraining) process.exit(1)
    isDraining = true
    onDrained(await drain(calls(), options))
  }

  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
