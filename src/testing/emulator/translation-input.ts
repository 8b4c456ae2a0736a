import { defaultTurnDetection } from './model-defaults.js'
import { bytesOfBase64, decodeAudio, mediaFormat, type PcmAudio, rateOf } from './pcm-audio.js'
import { type Refusal, refusals } from './refusals.js'
import { createSampleBuffer } from './sample-buffer.js'
import { createVoiceActivity } from './voice-activity.js'

/** A segment of the input that contains speech. */
export interface Stretch {
  readonly audio: PcmAudio
  /** Start and end of the segment, in milliseconds since the start of the session's audio. */
  readonly startMs: number
  readonly endMs: number
}

/** The input of a translation session. It detects speech and returns it phrase by phrase. */
export interface TranslationInput {
  /** Appends base64 audio. Returns the phrases that ended in it, or a refusal. */
  append(audio: string): readonly Stretch[] | Refusal
  /** Returns the speech that was in progress when the input ended. */
  end(): readonly Stretch[]
}

const rate = rateOf(mediaFormat)
const samples = (ms: number) => (ms * rate) / 1000
const quiet = samples(defaultTurnDetection.silence_duration_ms)
const padding = samples(defaultTurnDetection.prefix_padding_ms)
// Longest phrase. Longer speech is split, so that translation does not wait for a pause.
const longest = samples(4_000)
// A shorter remainder at the end of long speech is a residue of the detector.
const shortest = samples(30)
// The detector places the start of speech at most this far in the past, so this much audio is kept.
const lookBack = samples(1_000)
const step = samples(100)

/** Creates an empty input. Time is counted in samples, so pace and chunk size do not matter. */
export function createTranslationInput(): TranslationInput {
  const buffer = createSampleBuffer()
  const detector = createVoiceActivity({
    rate,
    threshold: defaultTurnDetection.threshold,
    silenceMs: defaultTurnDetection.silence_duration_ms,
  })
  /** Incomplete sample at the end of the last chunk. */
  let rest = new Uint8Array(0)
  /** Start of the speech in progress. */
  let from: number | undefined

  function cut(start: number, to: number): Stretch {
    const end = Math.min(to, buffer.end)
    const audio = { pcm: buffer.slice(start, end), rate }
    buffer.dropBefore(end)
    return { audio, startMs: (start * 1000) / rate, endMs: (end * 1000) / rate }
  }

  /** Splits off the phrases of maximum length before a position. */
  function cutLong(to: number): Stretch[] {
    const found: Stretch[] = []
    while (from !== undefined && to - from > longest) {
      found.push(cut(from, from + longest))
      from += longest
    }
    return found
  }

  function stop(at: number): Stretch[] {
    const found = cutLong(at)
    // After a long phrase, only the silence that ends the speech may be left.
    if (from !== undefined && Math.min(at - quiet, buffer.end) - from > shortest) found.push(cut(from, at))
    from = undefined
    return found
  }

  function listen(pcm: Int16Array): Stretch[] {
    return detector.push(pcm).flatMap(({ type, at }) => {
      if (type === 'stopped') return stop(at)
      from = Math.max(buffer.start, at - padding)
      return []
    })
  }

  function push(pcm: Int16Array): Stretch[] {
    const found: Stretch[] = []
    for (let at = 0; at < pcm.length; at += step) {
      const piece = pcm.subarray(at, at + step)
      buffer.push(piece)
      found.push(...listen(piece), ...cutLong(buffer.end))
      if (from === undefined) buffer.dropBefore(buffer.end - padding - lookBack)
    }
    return found
  }

  return {
    append(audio) {
      const decoded = bytesOfBase64(audio)
      if (!decoded) return refusals.invalidAudio('audio', 'mono PCM16 at 24kHz')
      const bytes = new Uint8Array(rest.length + decoded.length)
      bytes.set(rest)
      bytes.set(decoded, rest.length)
      const whole = bytes.length - (bytes.length % 2)
      rest = bytes.slice(whole)
      return push(decodeAudio(bytes.subarray(0, whole), mediaFormat).pcm)
    },
    // Silence at the end makes the detector complete the speech.
    end: () => [...listen(new Int16Array(2 * quiet)), ...stop(buffer.end + 2 * quiet)],
  }
}
