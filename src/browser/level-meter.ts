import { type Level, measureLevel, silentLevel } from '../audio/level.js'
import { type Clock, systemClock } from '../internal/clock.js'
import type { ReadableStore } from '../internal/readable-store.js'
import { deviceError } from './devices.js'
import { DeviceError } from './error.js'
import { createStore } from './store.js'

/** Options of {@link createLevelMeter}. */
export interface LevelMeterOptions {
  /**
   * Time between two measurements in milliseconds.
   * @defaultValue 50
   */
  readonly intervalMs?: number | undefined
  /** Uses this AudioContext. `stop` does not close it. */
  readonly context?: AudioContext | undefined
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  readonly clock?: Clock | undefined
}

/** A running level meter. `getState()` returns the level of the last measurement. */
export interface LevelMeter extends ReadableStore<Level> {
  /** Stops measuring and releases all resources. The level is silence from then on. The stream is left as it is. */
  stop(): void
}

/** Samples that are measured at a time. At 48 kHz, they last 43 ms. */
const windowSamples = 2048

/**
 * Measures the level of any stream, such as a microphone or the remote audio of a WebRTC transport. Browsers start to measure after a click,
 * and Chrome measures a remote stream only while an `<audio>` element plays it.
 *
 * @example
 * ```ts
 * transport.on('remoteAudio', ({ stream }) => {
 *   const meter = createLevelMeter(stream)
 *   meter.subscribe(() => bar.style.setProperty('--level', String(meter.getState().rms)))
 * })
 * ```
 * @throws {DeviceError} `INVALID_OPTION` when an option is invalid or the stream has no audio track, `UNSUPPORTED` without an AudioContext,
 * `DEVICE_BUSY` when the browser opens no more of them.
 */
export function createLevelMeter(stream: MediaStream, options: LevelMeterOptions = {}): LevelMeter {
  const { intervalMs = 50, clock = systemClock } = options
  if (!(intervalMs > 0 && Number.isFinite(intervalMs)))
    refuse('intervalMs', `must be more than 0 ms, not ${intervalMs}`)
  if (stream.getAudioTracks().length === 0) refuse('stream', 'has no audio track')
  const store = createStore<Level>(silentLevel)
  const context = openContext(options.context)
  const source = context.createMediaStreamSource(stream)
  const analyser = context.createAnalyser()
  analyser.fftSize = windowSamples
  const samples = new Float32Array(windowSamples)
  source.connect(analyser)
  let cancelTimer = () => {}
  let isStopped = false

  function measure(): void {
    if (context.state === 'suspended') context.resume().catch(() => {})
    if (context.state === 'running') {
      analyser.getFloatTimeDomainData(samples)
      const level = measureLevel(samples)
      // Silence keeps the state as it is.
      store.update(level.peak > 0 ? level : silentLevel)
    } else store.update(silentLevel)
    if (!isStopped) cancelTimer = clock.after(intervalMs, measure)
  }

  measure()
  return {
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    stop() {
      if (isStopped) return
      isStopped = true
      cancelTimer()
      store.update(silentLevel)
      store.clear()
      source.disconnect()
      analyser.disconnect()
      // Browsers reject while the context is closing.
      if (!options.context && context.state !== 'closed') context.close().catch(() => {})
    },
  }
}

function openContext(given: AudioContext | undefined): AudioContext {
  if (given) {
    if (given.state === 'closed') refuse('context', 'is closed; pass one that is open')
    return given
  }
  if (typeof AudioContext === 'undefined') throw new DeviceError('UNSUPPORTED', { feature: 'AudioWorklet' })
  try {
    return new AudioContext()
  } catch (cause) {
    // Browsers limit the number of contexts.
    throw deviceError('speaker', undefined, cause)
  }
}

function refuse(option: string, problem: string): never {
  throw new DeviceError('INVALID_OPTION', { option, problem })
}
