import { msToSamples } from './duration.js'
import { AudioError } from './error.js'

/** Options of {@link createJitterBuffer}. */
export interface JitterBufferOptions {
  /** Sample rate in hertz. */
  readonly sampleRate: number
  /**
   * Buffered audio before playback starts, in milliseconds. Doubles after each underrun, up to `maxStartMs`.
   * @defaultValue 60
   */
  readonly startMs?: number
  /**
   * Upper limit of `startMs` after underruns, in milliseconds.
   * @defaultValue 480
   */
  readonly maxStartMs?: number
  /**
   * Duration of the fade-out at an underrun or flush, and of the fade-in after an underrun, in milliseconds.
   * @defaultValue 5
   */
  readonly fadeMs?: number
}

/** Consecutive samples of one source. */
export interface PulledSamples<Source> {
  readonly source: Source
  readonly samples: number
}

/**
 * Turns audio that arrives in bursts into a continuous stream. It has no timers: the player pulls samples, and time is the number of
 * pulled samples.
 * Sources are played one after the other in the order of their first chunk, even if their chunks arrive interleaved.
 */
export interface JitterBuffer<Source> {
  /** Appends audio of a source. The samples are kept, not copied. */
  push(samples: Float32Array, source: Source): void
  /** Marks a source as complete. Its remaining audio is played without buffering, and its end does not count as an underrun. */
  end(source: Source): void
  /** Fills `output` with the next samples or silence, and returns which source they belong to. */
  pull(output: Float32Array): readonly PulledSamples<Source>[]
  /** Drops all buffered audio. Audio that is playing fades out within `fadeMs`, which avoids a click. */
  flush(): void
  /** Duration of the buffered audio, in milliseconds. */
  readonly waitingMs: number
  /** Whether nothing is buffered and no source is open. */
  readonly isEmpty: boolean
  /** Number of underruns in the middle of a source. */
  readonly underruns: number
}

interface SourceQueue<Source> {
  readonly source: Source
  readonly pieces: Float32Array[]
  isEnded: boolean
}

/**
 * Creates a jitter buffer for mono float samples.
 * @throws {@link AudioError} INVALID_OPTION when the sample rate or a duration is invalid, or `maxStartMs` is less than `startMs`.
 *
 * @example
 * ```ts
 * const buffer = createJitterBuffer<string>({ sampleRate: 24_000 })
 * buffer.push(samples, 'item_1')
 * buffer.end('item_1')
 * const played = buffer.pull(output)
 * ```
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
  let offset = 0 // Index into the first chunk of the first queue.
  let waiting = 0
  let threshold = start
  let isPlaying = false
  let gain = 1
  let underruns = 0
  // Flushed audio that fades out.
  let tail = new Float32Array(0)

  /** Removes played sources. Returns the source whose audio is played or awaited next. */
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

  /** Copies samples of the first chunk. Before an underrun the gain falls, so that the last sample is silent. */
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

  /** Returns the next audio for the duration of a fade, with a half-cosine fade-out. */
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
