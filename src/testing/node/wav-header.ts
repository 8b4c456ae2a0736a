/** Format tags and bytes per sample of a WAV file, by format of a session. */
const encodings: Readonly<Record<string, { readonly tag: number; readonly width: number; readonly rate: number }>> = {
  'audio/pcm': { tag: 1, width: 2, rate: 24_000 },
  'audio/pcma': { tag: 6, width: 1, rate: 8_000 },
  'audio/pcmu': { tag: 7, width: 1, rate: 8_000 },
}

/** Length of the header in bytes. */
export const wavHeaderBytes = 44

/** Returns the header of a mono WAV file with `bytes` bytes of audio. */
export function wavHeader(format: string, bytes: number): Uint8Array {
  const { tag, width, rate } = encodings[format] ?? { tag: 1, width: 2, rate: 24_000 }
  const view = new DataView(new ArrayBuffer(wavHeaderBytes))
  const text = (at: number, letters: string) => {
    for (const [index, letter] of [...letters].entries()) view.setUint8(at + index, letter.charCodeAt(0))
  }
  text(0, 'RIFF')
  view.setUint32(4, bytes + 36, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, tag, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * width, true)
  view.setUint16(32, width, true)
  view.setUint16(34, width * 8, true)
  text(36, 'data')
  view.setUint32(40, bytes, true)
  return new Uint8Array(view.buffer)
}

/** Returns whether bytes start with a header of {@link wavHeader}. */
export function isRecordedHeader(bytes: Uint8Array): boolean {
  return bytes.length >= wavHeaderBytes && String.fromCharCode(...bytes.subarray(36, 40)) === 'data'
}
