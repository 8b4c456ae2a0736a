import { Buffer } from 'node:buffer'

/** Format of stamped audio. */
export type StampFormat = 'pcmu' | 'pcm'

/** A send time that was found in audio. */
export interface Stamp {
  /** Whether the audio is the first of its response. */
  readonly isFirst: boolean
  /** Time between the stamp and now, in milliseconds. */
  readonly ageMs: number
}

/** Nibbles of a stamp: a fixed start, whether it is the first of a response, the time, and a checksum. */
const start = [10, 5, 12, 3, 9, 6]
const timeNibbles = 8
const checkNibbles = 3
const nibbles = start.length + 1 + timeNibbles + checkNibbles

/** Base64 characters that a stamp replaces. The number of its bytes is a multiple of 3, so the characters after it do not change. */
const base64Length = { pcmu: (nibbles * 4) / 3, pcm: (2 * nibbles * 4) / 3 }
/** Duration of a stamp: 18 samples. They are so quiet that no voice activity detection takes them for speech. */
const prefix = { pcmu: encode(start, 'pcmu').slice(0, 8), pcm: encode(start, 'pcm').slice(0, 16) }

const unitsPerMs = 100
const wrap = 2 ** (4 * timeNibbles)
/** A stamp that looks older than this is accidental audio. */
const maxAgeMs = 600_000

/** Returns milliseconds of the monotonic clock of the machine, comparable between its processes. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * Writes the current time into the first samples of base64 audio, one nibble for each sample. A relay that forwards audio unchanged forwards
 * the stamp, so the receiver measures how long the audio took. Audio that is too short stays as it is.
 */
export function stampAudio(
  base64: string,
  format: StampFormat,
  { isFirst, nowMs = monotonicMs() }: { readonly isFirst: boolean; readonly nowMs?: number },
): string {
  const length = base64Length[format]
  if (base64.length < length + 4) return base64
  const time = Math.floor(nowMs * unitsPerMs) % wrap
  const content = [...start, isFirst ? 1 : 0]
  for (let shift = timeNibbles - 1; shift >= 0; shift--) content.push(Math.floor(time / 16 ** shift) % 16)
  const check = checksum(content)
  content.push(check >> 8, (check >> 4) & 15, check & 15)
  return encode(content, format) + base64.slice(length)
}

/** Finds a stamp in a frame that contains base64 audio. Returns `undefined` if there is none. */
export function findStamp(frame: string, format: StampFormat, nowMs: number = monotonicMs()): Stamp | undefined {
  const at = frame.indexOf(prefix[format])
  if (at < 0) return undefined
  const content = decode(frame.slice(at, at + base64Length[format]), format)
  if (content.length !== nibbles) return undefined
  const body = content.slice(0, -checkNibbles)
  const check = content.slice(-checkNibbles).reduce((sum, nibble) => sum * 16 + nibble, 0)
  if (check !== checksum(body)) return undefined
  const time = body.slice(start.length + 1).reduce((sum, nibble) => sum * 16 + nibble, 0)
  const ageMs = ((((nowMs * unitsPerMs - time) % wrap) + wrap) % wrap) / unitsPerMs
  return ageMs > maxAgeMs ? undefined : { isFirst: body[start.length] === 1, ageMs }
}

function checksum(content: readonly number[]): number {
  return content.reduce((sum, nibble, index) => (sum + nibble * (index + 1) * 7) % 4_096, 0)
}

/** Encodes nibbles as samples: the smallest values of mu-law, and 0 to 15 in 16-bit PCM. */
function encode(content: readonly number[], format: StampFormat): string {
  const bytes = format === 'pcmu' ? content.map((nibble) => 0xf0 | nibble) : content.flatMap((nibble) => [nibble, 0])
  return Buffer.from(bytes).toString('base64')
}

function decode(base64: string, format: StampFormat): readonly number[] {
  const bytes = [...Buffer.from(base64, 'base64')]
  return format === 'pcmu' ? bytes.map((byte) => byte & 15) : bytes.filter((_, index) => index % 2 === 0)
}
