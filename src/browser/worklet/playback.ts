import { createJitterBuffer } from '../../audio/jitter-buffer.js'
import type { PlaybackCommand, PlaybackOptions, PlaybackReport } from './messages.js'

/** Plays what it is told to, and tells what was heard of it. */
export interface Playback {
  receive(command: PlaybackCommand): void
  /** Fills the samples of one render quantum; answers a report when one is due. */
  render(output: Float32Array): PlaybackReport | undefined
  /** False after `stop`: the processor may go. */
  readonly isAlive: boolean
}

/** Sound that was rendered and is on its way to the ear. */
interface InFlightAudio {
  readonly key: number
  readonly samples: number
  /** The sample, counted since the beginning, after which it was rendered. */
  readonly renderedAt: number
}

/** How often it reports while something plays. */
const reportMs = 10

/** Makes the playing side at the rate of the context; time is the number of samples rendered. */
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

  /** What has reached the ear by now, summed up for each key. */
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
          // What is on its way will be heard: nothing can call it back.
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
