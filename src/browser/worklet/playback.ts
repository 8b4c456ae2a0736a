import { createJitterBuffer } from '../../audio/jitter-buffer.js'
import type { PlaybackCommand, PlaybackOptions, PlaybackReport } from './messages.js'

/** Renders queued audio and reports how much was played. */
export interface Playback {
  receive(command: PlaybackCommand): void
  /** Renders one render quantum. Returns a report when one is due. */
  render(output: Float32Array): PlaybackReport | undefined
  /** False after `stop`. The browser may then release the processor. */
  readonly isAlive: boolean
}

/** Audio that was rendered but, because of the output latency, not played yet. */
interface InFlightAudio {
  readonly key: number
  readonly samples: number
  /** Number of samples rendered since the start, including this audio. */
  readonly renderedAt: number
}

/** Interval of the reports in milliseconds. */
const reportMs = 10

/** Creates the playback side at the sample rate of the context. Time is measured in rendered samples. */
export function createPlayback(sampleRate: number, options: PlaybackOptions): Playback {
  const buffer = createJitterBuffer<number>({ sampleRate, ...options })
  const reportLength = (reportMs * sampleRate) / 1000
  let inFlight: InFlightAudio[] = []
  let latency = 0
  let rendered = 0
  let reportedAt = 0
  let wasIdle = true
  let isAlive = true
  let pushes = 0
  let peak = 0
  let squares = 0

  function measure(output: Float32Array): void {
    for (const sample of output) {
      const magnitude = Math.abs(sample)
      if (magnitude > peak) peak = magnitude
      squares += magnitude * magnitude
    }
  }

  /** Removes the audio that was played by now. Returns the number of samples per key. */
  function takePlayed(): PlaybackReport['played'] {
    const played = new Map<number, number>()
    let count = 0
    for (const { key, samples, renderedAt } of inFlight) {
      if (renderedAt + latency > rendered) break
      played.set(key, (played.get(key) ?? 0) + samples)
      count++
    }
    inFlight = inFlight.slice(count)
    return [...played]
  }

  return {
    receive(command) {
      switch (command.type) {
        case 'push':
          pushes++
          buffer.push(command.samples, command.key)
          break
        case 'end':
          buffer.end(command.key)
          break
        case 'flush':
          // Audio in flight cannot be recalled and will be played.
          buffer.flush()
          break
        case 'latency':
          latency = command.seconds * sampleRate
          break
        case 'stop':
          isAlive = false
          break
      }
    },
    render(output) {
      for (const { source, samples } of buffer.pull(output)) {
        inFlight.push({ key: source, samples, renderedAt: rendered + output.length })
      }
      rendered += output.length
      measure(output)
      const isIdle = buffer.isEmpty && inFlight.length === 0
      if (isIdle && wasIdle) reportedAt = rendered
      if (rendered - reportedAt < reportLength) return undefined
      const played = takePlayed()
      const report: PlaybackReport = {
        played,
        isIdle: buffer.isEmpty && inFlight.length === 0,
        pushes,
        underruns: buffer.underruns,
        peak,
        power: squares / (rendered - reportedAt),
      }
      reportedAt = rendered
      peak = 0
      squares = 0
      wasIdle = report.isIdle
      return report
    },
    get isAlive() {
      return isAlive
    },
  }
}
