/** Collects what the microphone gives into blocks that are worth a message. */
export interface Capture {
  /** Takes the samples of one render quantum, which are copied; answers a block when it is full. */
  process(samples: Float32Array): Float32Array<ArrayBuffer> | undefined
}

/** How long a block is. */
const blockMs = 10

/** Makes a collector for mono samples at the rate of the context. */
export function createCapture(sampleRate: number): Capture {
  const length = Math.ceil((blockMs * sampleRate) / 1000)
  // A block is sent when it has its length, with what the last quantum brings beyond it.
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
