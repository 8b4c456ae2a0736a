import { quietEnds } from './audio-settings.js'
import { type Refusal, refusals } from './rules.js'
import { createSampleBuffer } from './sample-buffer.js'
import { bytesOfBase64, decodeSound, lineFormat, rateOf, type Sound } from './sound.js'
import { createVoiceActivity } from './voice-activity.js'

/** A part of the input in which somebody spoke. */
export interface Stretch {
  readonly sound: Sound
  /** Where it begins and ends in all sound of the session, in milliseconds. */
  readonly startMs: number
  readonly endMs: number
}

/** The input of a translation session: it keeps what is speech, and gives it away phrase by phrase. */
export interface TranslationInput {
  /** Adds base64 sound; the answer is what ended in it, or a refusal. */
  append(audio: string): readonly Stretch[] | Refusal
  /** The speech that was going on when the input ended. */
  end(): readonly Stretch[]
}

const rate = rateOf(lineFormat)
const samples = (ms: number) => (ms * rate) / 1000
const quiet = samples(quietEnds.silence_duration_ms)
const padding = samples(quietEnds.prefix_padding_ms)
// A translator does not wait for a pause as long as this.
const longest = samples(4_000)
// Less than this at the end of a long speech is the ringing of the detector.
const shortest = samples(30)
// The detector looks back at most this far for a beginning, so this much of the past must be at hand.
const lookBack = samples(1_000)
const step = samples(100)

/** Makes an input that has heard nothing. Sound is counted in samples, so neither its pace nor its cuts matter. */
export function createTranslationInput(): TranslationInput {
  const buffer = createSampleBuffer()
  const detector = createVoiceActivity({
    rate,
    threshold: quietEnds.threshold,
    silenceMs: quietEnds.silence_duration_ms,
  })
  /** Half of a sample, or nothing. */
  let rest = new Uint8Array(0)
  /** Where the speech that goes on begins. */
  let from: number | undefined

  function cut(start: number, to: number): Stretch {
    const end = Math.min(to, buffer.end)
    const sound = { pcm: buffer.slice(start, end), rate }
    buffer.dropBefore(end)
    return { sound, startMs: (start * 1000) / rate, endMs: (end * 1000) / rate }
  }

  /** What is long enough, of the speech until a position. */
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
    // After a long stretch there may be nothing left but the quiet that ends the speech.
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
      return push(decodeSound(bytes.subarray(0, whole), lineFormat).pcm)
    },
    // Quiet that nobody sent tells the detector that nothing follows.
    end: () => [...listen(new Int16Array(2 * quiet)), ...stop(buffer.end + 2 * quiet)],
  }
}
