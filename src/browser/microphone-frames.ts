import { createChunker } from '../audio/chunk.js'
import { toInt16 } from '../audio/int16.js'
import { type Level, measureLevel } from '../audio/level.js'
import { createResampler, type Resampler } from '../audio/resample.js'

/** Captured audio of fixed duration. */
export interface MicrophoneFrame {
  /** Mono samples from -1 to 1. */
  readonly samples: Float32Array<ArrayBuffer>
  /** The same samples as 16-bit integers. */
  readonly pcm16: Int16Array<ArrayBuffer>
  readonly level: Level
}

/** Converts blocks of any length and sample rate to frames of equal length and sample rate. */
export interface Framer {
  /** Adds a block at a sample rate in hertz. Returns the frames that are complete. */
  push(block: Float32Array, sampleRate: number): MicrophoneFrame[]
  /** Makes all frames silent until `unmute`, including the one that is being filled. */
  mute(): void
  unmute(): void
  readonly isMuted: boolean
}

/** Creates a framer. `frameLength` is in samples at `sampleRate`. */
export function createFramer(sampleRate: number, frameLength: number): Framer {
  const chunker = createChunker({ samples: frameLength })
  let resampler: { readonly from: number; readonly use: Resampler } | undefined
  let isMuted = false
  /** Whether the current frame started while muted. Such a frame stays silent. */
  let startedMuted = false

  return {
    push(block, from) {
      if (resampler?.from !== from) resampler = { from, use: createResampler({ from, to: sampleRate }) }
      const input = isMuted ? new Float32Array(block.length) : block
      return chunker.push(resampler.use.process(input)).map((samples) => {
        if (isMuted || startedMuted) samples.fill(0)
        startedMuted = isMuted
        return { samples, pcm16: toInt16(samples), level: measureLevel(samples) }
      })
    },
    mute() {
      isMuted = true
      startedMuted = true
    },
    unmute() {
      isMuted = false
    },
    get isMuted() {
      return isMuted
    },
  }
}
