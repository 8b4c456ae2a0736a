/** Whether the host is little-endian, like every format of this package. */
export const isLittleEndianHost: boolean = /* @__PURE__ */ detectLittleEndian()

function detectLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
}

/** Swaps the two bytes of every 16-bit sample in place. */
export function swapBytes(samples: Int16Array): void {
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index] as number
    samples[index] = (sample << 8) | ((sample >> 8) & 0xff)
  }
}
