import { msToSamples } from './duration.js'
import { AudioError } from './error.js'

/** How long sound waits before it is played. */
export interface JitterBufferOptions {
  /** Samples a second, in hertz. */
  readonly sampleRate: number
  /**
   * How much must wait before playing begins, in milliseconds. Each time that the sound runs dry it doubles, up to `maxStartMs`.
   * @defaultValue 60
   */
  readonly startMs?: number
  /**
   * The most that is waited for, in milliseconds.
   * @defaultValue 480
   */
  readonly maxStartMs?: number
  /**
   * How long sound takes to sink where it runs dry or is flushed, and to rise again after it ran dry, in milliseconds.
   * @defaultValue 5
   */
  readonly fadeMs?: number
}

/** A run of samples of one source. */
export interface PulledSamples<Source> {
  readonly source: Source
  readonly samples: number
}

/**
 * Turns sound that arrives in bursts into a stream without gaps. It is pure: whoever plays pulls, and time is the number of samples pulled.
 * Sources sound one after the other in the order in which they began, however their pieces are mixed on arrival.
 */
export interface JitterBuffer<Source> {
  /** Adds sound behind what the same source has waiting. The samples are kept, not copied. */
  push(samples: Float32Array, source: Source): void
  /** A source is complete: its rest is played without waiting for more, and its end is not taken for a gap. */
  end(source: Source): void
  /**
   * Fills `output` with what is to sound now, or silence, and answers whose samples these were.
   */
  pull(output: Float32Array): readonly PulledSamples<Source>[]
  /** Drops all that waits. What sounds now sinks to silence within `fadeMs`, so that nothing clicks. */
  flush(): void
  /** Milliseconds that wait. */
  readonly waitingMs: number
  /** Whether nothing waits and no source is open. */
  readonly isEmpty: boolean
  /** How often the sound ran dry in the middle of a source. */
  readonly underruns: number
}

interface SourceQueue<Source> {
  readonly source: Source
  readonly pieces: Float32Array[]
  isEnded: boolean
}

/**
 * Makes a jitter buffer for mono float samples.
 * @throws {@link AudioError} INVALID_OPTION when the rate or a duration is none, or `maxStartMs` is less than `startMs`.
 */
export function createJitterBuffer<Source>(options: JitterBufferOptions): JitterBuffer<Source> {
  const { sampleRate, startMs = 60, fadeMs = 5 } = options
  const { maxStartMs = Math.max(480, startMs) } = options
  const start = msToSamples(startMs, sampleRate)
  const longestStart = msToSamples(maxStartMs, sampleRate)
  const fade = Math.max(1, msToSamples(fadeMs, sampleRate))
  if (longestStart < start) {
    throw new AudioError('INVALID_OPTION', {
      option: 'maxStartMs',
      problem: `must be at least startMs, ${startMs}, not ${maxStartMs}`,
    })
  }
  let lanes: SourceQueue<Source>[] = []
  let offset = 0 // into the first piece of the first lane
  let waiting = 0
  let threshold = start
  let isPlaying = false
  let gain = 1
  let underruns = 0
  // What is left of flushed sound, sinking.
  let tail = new Float32Array(0)

  /** Forgets what is played out, so that the first lane has something to give or is waited for. */
  function settle(): SourceQueue<Source> | undefined {
    for (;;) {
      const lane = lanes[0]
      if (!lane || lane.pieces.length > 0 || !(lane.isEnded || lanes.length > 1)) return lane
      lanes.shift()
    }
  }

  function isReady(): boolean {
    settle()
    return waiting > 0 && (waiting >= threshold || lanes.length > 1 || lanes[0]?.isEnded === true)
  }

  /** Copies samples of the first piece; near a gap the gain sinks, so that the last sample before it is silent. */
  function copy(piece: Float32Array, output: Float32Array, at: number, count: number): void {
    const hasEnd = lanes.at(-1)?.isEnded === true
    const step = 1 / fade
    for (let index = 0; index < count; index++) {
      const target = hasEnd ? 1 : Math.min(1, (waiting - index - 1) * step)
      gain = gain < target ? Math.min(target, gain + step) : Math.max(target, gain - step)
      output[at + index] = (piece[offset + index] as number) * gain
    }
  }

  function advance(lane: SourceQueue<Source>, piece: Float32Array, count: number): void {
    waiting -= count
    offset += count
    if (offset < piece.length) return
    lane.pieces.shift()
    offset = 0
  }

  function runDry(): void {
    underruns++
    threshold = Math.min(2 * threshold, longestStart)
    isPlaying = false
    gain = 0
  }

  /** A short time of what would have come, sinking to silence along half a cosine. */
  function sink(): Float32Array<ArrayBuffer> {
    const sound = new Float32Array(Math.min(fade, waiting))
    for (let at = 0, lane = settle(); at < sound.length && lane; lane = settle()) {
      const piece = lane.pieces[0]
      if (!piece) break
      const count = Math.min(piece.length - offset, sound.length - at)
      sound.set(piece.subarray(offset, offset + count), at)
      at += count
      advance(lane, piece, count)
    }
    return sound.map((sample, index) => (sample * gain * (1 + Math.cos((Math.PI * (index + 1)) / sound.length))) / 2)
  }

  return {
    push(samples, source) {
      if (samples.length === 0) return
      let lane = lanes.find((candidate) => candidate.source === source && !candidate.isEnded)
      if (!lane) {
        lane = { source, pieces: [], isEnded: false }
        lanes.push(lane)
      }
      lane.pieces.push(samples)
      waiting += samples.length
    },
    end(source) {
      for (const lane of lanes) if (lane.source === source) lane.isEnded = true
      settle()
    },
    pull(output) {
      const sinking = Math.min(tail.length, output.length)
      output.set(tail.subarray(0, sinking))
      tail = tail.subarray(sinking)
      let at = sinking
      const taken: { source: Source; samples: number }[] = []
      if (!isPlaying) isPlaying = tail.length === 0 && isReady()
      while (isPlaying && at < output.length) {
        const lane = settle()
        const piece = lane?.pieces[0]
        if (!lane || !piece) {
          if (lane) runDry()
          else {
            isPlaying = false
            threshold = start
            gain = 1
          }
          break
        }
        const count = Math.min(piece.length - offset, output.length - at)
        copy(piece, output, at, count)
        advance(lane, piece, count)
        at += count
        const last = taken.at(-1)
        if (last?.source === lane.source) last.samples += count
        else taken.push({ source: lane.source, samples: count })
      }
      output.fill(0, at)
      return taken
    },
    flush() {
      if (isPlaying) tail = sink()
      lanes = []
      offset = 0
      waiting = 0
      threshold = start
      isPlaying = false
      gain = 1
    },
    get waitingMs() {
      return (waiting * 1000) / sampleRate
    },
    get isEmpty() {
      return settle() === undefined && tail.length === 0
    },
    get underruns() {
      return underruns
    },
  }
}
