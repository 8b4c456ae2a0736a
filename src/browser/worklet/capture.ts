/** Collects render quanta into blocks, to post fewer messages. */
export interface Capture {
  /** Copies the samples of one render quantum. Returns a block when it is complete. */
  process(samples: Float32Array): Float32Array<ArrayBuffer> | undefined
}

/** Minimum duration of a block in milliseconds. */
const blockMs = 10

/** Creates a collector for mono samples at the sample rate of the context. */
export function createCapture(sampleRate: number): Capture {
  const length = Math.ceil((blockMs * sampleRate) / 1000)
  let pieces: Float32Array[] = []
  let collected = 0

  return {
    process(samples) {
      pieces.push(samples.slice())
      collected += samples.length
      if (collected < length) return undefined
      const block = new Float32Array(collected)
      let at = 0
      for (const piece of pieces) {
        block.set(piece, at)
        at += piece.length
      }
      pieces = []
      collected = 0
      return block
    },
  }
}
