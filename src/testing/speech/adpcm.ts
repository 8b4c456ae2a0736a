/** Step sizes of IMA ADPCM, which grow by about a tenth from one to the next. */
const steps = Int32Array.from({ length: 89 }, (_, index) => Math.round(7 * 1.1 ** index))
const stepChange = [-1, -1, -1, -1, 2, 4, 6, 8]

interface State {
  sample: number
  index: number
}

/** Decodes one code of four bits: the sign, and the size of the difference from the previous sample. */
function decodeCode(code: number, state: State): number {
  const step = steps[state.index] as number
  const size = ((2 * (code & 7) + 1) * step) / 8
  state.sample = Math.max(-32_768, Math.min(32_767, Math.round(state.sample + (code & 8 ? -size : size))))
  state.index = Math.max(0, Math.min(88, state.index + (stepChange[code & 7] as number)))
  return state.sample
}

/** Encodes samples with four bits each, the first in the low bits of a byte. */
export function encodeAdpcm(pcm: Int16Array): Uint8Array {
  const state: State = { sample: 0, index: 0 }
  const bytes = new Uint8Array(Math.ceil(pcm.length / 2))
  for (const [at, sample] of pcm.entries()) {
    const difference = sample - state.sample
    const step = steps[state.index] as number
    const size = Math.min(7, Math.floor((Math.abs(difference) * 4) / step))
    const code = (difference < 0 ? 8 : 0) | size
    decodeCode(code, state)
    bytes[at >> 1] = (bytes[at >> 1] as number) | (at % 2 === 0 ? code : code << 4)
  }
  return bytes
}

/** Decodes the output of {@link encodeAdpcm}. */
export function decodeAdpcm(bytes: Uint8Array): Int16Array {
  const state: State = { sample: 0, index: 0 }
  const pcm = new Int16Array(bytes.length * 2)
  for (let at = 0; at < pcm.length; at++) {
    const byte = bytes[at >> 1] as number
    pcm[at] = decodeCode(at % 2 === 0 ? byte & 15 : byte >> 4, state)
  }
  return pcm
}
