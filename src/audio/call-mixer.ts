import { msToSamples } from './duration.js'

/** A side of a call. In a recording, the caller is the first (left) channel and the agent the second. */
export type CallSide = 'caller' | 'agent'

/** Options of {@link createCallMixer}. */
export interface CallMixerOptions {
  /** Sample rate of both sides, in hertz. */
  readonly sampleRate: number
  /**
   * Largest distance from the end of the previous audio at which audio is appended without a gap, in milliseconds. Compensates for jitter.
   * @defaultValue 60
   */
  readonly toleranceMs?: number
}

/**
 * Aligns both sides of a call on one time scale that starts at 0 ms. Only unread audio is kept. Write the result with a two-channel
 * {@link createWavWriter}.
 */
export interface CallMixer {
  /**
   * Adds audio of one side. It starts at `atMs`, or directly after the previous audio of that side if that ends later or `atMs` is
   * omitted.
   * The samples are copied.
   */
  write(side: CallSide, samples: Float32Array, atMs?: number): void
  /** Removes the audio of a side from `atMs` on, for example after an interruption. */
  cut(side: CallSide, atMs: number): void
  /**
   * Returns the audio of both sides, caller first, from the end of the last read to `untilMs`. Both have the same length, and gaps are
   * silence.
   * Without `untilMs`, returns everything.
   */
  read(untilMs?: number): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]
  /** End of the last read, in milliseconds. */
  readonly positionMs: number
}

/**
 * Creates a mixer for the recording of a call.
 * @throws {@link AudioError} INVALID_OPTION when the sample rate or the tolerance is invalid.
 * @example
 * ```ts
 * const mixer = createCallMixer({ sampleRate: 24_000 })
 * mixer.write('caller', callerSamples, 0)
 * mixer.write('agent', agentSamples, 820)
 * wav.write(mixer.read())
 * ```
 */
export function createCallMixer({ sampleRate, toleranceMs = 60 }: CallMixerOptions): CallMixer {
  const tolerance = msToSamples(toleranceMs, sampleRate)
  const sides = { caller: createTrack(tolerance), agent: createTrack(tolerance) }
  let position = 0

  return {
    write(side, samples, atMs) {
      const at = atMs === undefined ? undefined : msToSamples(atMs, sampleRate)
      sides[side].write(samples, at, position)
    },
    cut(side, atMs) {
      sides[side].cut(msToSamples(atMs, sampleRate))
    },
    read(untilMs) {
      const end = untilMs === undefined ? Math.max(sides.caller.end, sides.agent.end) : msToSamples(untilMs, sampleRate)
      const start = position
      position = Math.max(position, end)
      return [sides.caller.read(start, position), sides.agent.read(start, position)]
    },
    get positionMs() {
      return (position * 1000) / sampleRate
    },
  }
}

interface Piece {
  readonly at: number
  readonly samples: Float32Array
}

/** One side: chunks in order that do not overlap. */
function createTrack(tolerance: number) {
  let pieces: Piece[] = []
  let end = 0

  return {
    get end() {
      return end
    },
    write(samples: Float32Array, at: number | undefined, position: number): void {
      const from = Math.max(position, at === undefined || at - end <= tolerance ? end : at)
      if (samples.length === 0) return
      pieces.push({ at: from, samples: samples.slice() })
      end = from + samples.length
    },
    cut(at: number): void {
      pieces = pieces
        .filter((piece) => piece.at < at)
        .map((piece) => ({ at: piece.at, samples: piece.samples.subarray(0, at - piece.at) }))
      end = Math.min(end, at)
    },
    read(start: number, until: number): Float32Array<ArrayBuffer> {
      const sound = new Float32Array(until - start)
      const rest: Piece[] = []
      for (const { at, samples } of pieces) {
        const count = Math.min(samples.length, until - at)
        if (count > 0) sound.set(samples.subarray(0, count), at - start)
        if (count < samples.length) {
          const read = Math.max(0, count)
          rest.push({ at: at + read, samples: samples.subarray(read) })
        }
      }
      pieces = rest
      return sound
    },
  }
}
