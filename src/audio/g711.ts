/**
 * ITU-T G.711, as computed by the ITU reference software (G.191): 16-bit samples at 8 kHz, one byte each. Lookup tables hold every result.
 */

/** Mu-law ignores the two lowest bits of a sample, so 14 bits select the code. */
const muLawCodes = /* @__PURE__ */ tabulate(14, muLawCode)
const muLawSamples = /* @__PURE__ */ Int16Array.from({ length: 256 }, (_, code) => muLawSample(code))

/** A-law ignores the four lowest bits. */
const aLawCodes = /* @__PURE__ */ tabulate(12, aLawCode)
const aLawSamples = /* @__PURE__ */ Int16Array.from({ length: 256 }, (_, code) => aLawSample(code))

/**
 * Encodes 16-bit samples as mu-law (`audio/pcmu`). Silence is 0xFF.
 *
 * @example
 * ```ts
 * const bytes = encodeMuLaw(toInt16(resample(samples, 24_000, 8_000)))
 * ```
 */
export function encodeMuLaw(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length)
  for (let index = 0; index < samples.length; index++) {
    bytes[index] = muLawCodes[((samples[index] as number) >> 2) & 0x3fff] as number
  }
  return bytes
}

/**
 * Decodes mu-law (`audio/pcmu`) to 16-bit samples.
 *
 * @example
 * ```ts
 * const samples = toFloat32(decodeMuLaw(bytes)) // at 8 kHz
 * ```
 */
export function decodeMuLaw(bytes: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) samples[index] = muLawSamples[bytes[index] as number] as number
  return samples
}

/**
 * Encodes 16-bit samples as A-law (`audio/pcma`). Silence is 0xD5.
 *
 * @example
 * ```ts
 * const bytes = encodeALaw(toInt16(resample(samples, 24_000, 8_000)))
 * ```
 */
export function encodeALaw(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length)
  for (let index = 0; index < samples.length; index++) {
    bytes[index] = aLawCodes[((samples[index] as number) >> 4) & 0xfff] as number
  }
  return bytes
}

/**
 * Decodes A-law (`audio/pcma`) to 16-bit samples.
 *
 * @example
 * ```ts
 * const samples = toFloat32(decodeALaw(bytes)) // at 8 kHz
 * ```
 */
export function decodeALaw(bytes: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) samples[index] = aLawSamples[bytes[index] as number] as number
  return samples
}

/** Returns the codes of all signed numbers of `bits` bits, indexed by their two's complement as an unsigned number. */
function tabulate(bits: number, codeOf: (value: number) => number): Uint8Array {
  const size = 2 ** bits
  return Uint8Array.from({ length: size }, (_, index) => codeOf(index < size / 2 ? index : index - size))
}

/** Negative samples mirror positive ones at -1/2 (one's complement), so that -1 is as quiet as 0. */
function magnitudeOf(value: number): number {
  return value < 0 ? ~value : value
}

function muLawCode(value: number): number {
  // Adding 33 makes each segment start at a power of two. The last step of the last segment covers all louder samples.
  const shifted = Math.min(magnitudeOf(value) + 33, 0x1fff)
  const segment = 26 - Math.clz32(shifted)
  const step = (shifted >> (segment + 1)) & 15
  const sign = value < 0 ? 0x80 : 0
  return ~(sign | (segment << 4) | step) & 0xff
}

function muLawSample(code: number): number {
  const bits = ~code
  const segment = (bits >> 4) & 7
  const magnitude = (((2 * (bits & 15) + 33) << segment) - 33) * 4
  return bits & 0x80 ? -magnitude : magnitude
}

function aLawCode(value: number): number {
  const magnitude = magnitudeOf(value)
  const segment = Math.max(0, 28 - Math.clz32(magnitude))
  const step = segment > 1 ? (magnitude >> (segment - 1)) & 15 : magnitude & 15
  const sign = value < 0 ? 0 : 0x80
  return (sign | (segment << 4) | step) ^ 0x55
}

function aLawSample(code: number): number {
  const bits = code ^ 0x55
  const segment = (bits >> 4) & 7
  const step = bits & 15
  const magnitude = segment === 0 ? 16 * step + 8 : (16 * step + 264) << (segment - 1)
  return bits & 0x80 ? magnitude : -magnitude
}
