import { createChunker } from '../audio/chunk.js'
import { toInt16 } from '../audio/int16.js'
import { type Level, measureLevel } from '../audio/level.js'
import { createResampler, type Resampler } from '../audio/resample.js'

/** A piece of what the microphone heard, always equally long. */
export interface MicrophoneFrame {
  /** Mono, from -1 to 1. */
  readonly samples: Float32Array<ArrayBuffer>
  /** The same as 16-bit numbers. */
  readonly pcm16: Int16Array<ArrayBuffer>
  readonly level: Level
}

/** Makes frames of one length and rate from blocks of any. */
export interface Framer {
  /** Takes a block at a rate in hertz, and gives the frames that are full by now. */
  push(block: Float32Array, sampleRate: number): MicrophoneFrame[]
  /** From now on, until `unmute`, every frame is silence, the one that is being filled included. */
  mute(): void
  unmute(): void
  readonly isMuted: boolean
}

/** Makes a framer; `frameLength` is in samples of `sampleRate`. */
export function createFramer(sampleRate: number, frameLength: number): Framer {
  const chunker = createChunker({ samples: frameLength })
  let resampler: { readonly from: number; readonly use: Resampler } | undefined
  let isMuted = false
  // A frame that was begun while muted stays silent.
  let isTainted = false

  return {
    push(block, from) {
      if (resampler?.from !== from) resampler = { from, use: createResampler({ from, to: sampleRate }) }
      const sound = isMuted ? new Float32Array(block.length) : block
      return chunker.push(resampler.use.process(sound)).map((samples) => {
        if (isMuted || isTainted) samples.fill(0)
        isTainted = isMuted
        return { samples, pcm16: toInt16(samples), level: measureLevel(samples) }
      })
    },
    mute() {
      isMuted = true
      isTainted = true
    },
    unmute() {
      isMuted = false
    },
    get isMuted() {
      return isMuted
    },
  }
}
