import { msToSamples } from './duration.js'

/** Who speaks; the caller is the first (left) channel of a recording, the agent the second. */
export type CallSide = 'caller' | 'agent'

/** How a call is put together. */
export interface CallMixerOptions {
  /** Samples a second of both sides, in hertz. */
  readonly sampleRate: number
  /**
   * How far from the end of the sound before it a piece may lie and still follow it without a gap, in milliseconds: the jitter of its arrival.
   * @defaultValue 60
   */
  readonly toleranceMs?: number
}

/**
 * Lays the two sides of a call beside each other, as they were heard, on one time scale that begins at 0 ms. It keeps only what has not
 * been read; give what it reads to a `createWavWriter` with two channels.
 */
export interface CallMixer {
  /**
   * Adds sound of one side. It sounds from `atMs`, or right behind the same side's last sound if that still sounds then, or if no time is
   * given. The samples are copied.
   */
  write(side: CallSide, samples: Float32Array, atMs?: number): void
  /** Removes what a side would say from `atMs` on: an interrupted answer was not heard to its end. */
  cut(side: CallSide, atMs: number): void
  /**
   * The sound of both sides, caller first and equally long, from where the last read ended until `untilMs`; where a side is quiet it is
   * silence. Without a time, all there is.
   */
  read(untilMs?: number): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]
  /** Until where it was read, in milliseconds. */
  readonly positionMs: number
}

/**
 * Makes a mixer for a recording of a call.
 * @throws {@link AudioError} INVALID_OPTION when the rate or the tolerance is none.
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

/** One side: pieces in order, none of which overlaps another. */
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
