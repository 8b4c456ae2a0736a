/** Level of 10 ms of audio in several bands, in dBFS (0 dB is a full-scale square wave). */
export interface Loudness {
  /** About 120 Hz to 3 kHz: voiced speech. */
  readonly voiceDb: number
  /** About 120 to 900 Hz: the pitch and the first formant, which stand out of noise that is spread over all frequencies. */
  readonly lowDb: number
  /** About 900 Hz to 3 kHz: the other formants, which stand out of mains hum. */
  readonly midDb: number
  /** Above 3 kHz: sibilants such as s, f, and sh. */
  readonly hissDb: number
}

/** Length of a frame in milliseconds. */
export const frameMs = 10

/** Level of digital silence. Lower levels are reported as this value. */
export const silenceDb = -100

/**
 * Returns a function that splits PCM into frames of {@link frameMs} and measures each one. It keeps state, so the chunk size does not
 * matter.
 * @param rate - Sample rate in hertz.
 */
export function createLoudnessMeter(rate: number): (pcm: Int16Array) => Loudness[] {
  const frameLength = Math.round((rate * frameMs) / 1000)
  const rumbleWeight = onePoleWeight(120, rate)
  const splitWeight = onePoleWeight(3000, rate)
  const { a, b, c } = lowPassWeights(900, rate)
  const filters: Filters = { rumble: 0, rumbleAgain: 0, low: 0, formantFirst: 0, formantSecond: 0 }
  const frame: FrameSums = { count: 0, voice: 0, firstFormant: 0, otherFormants: 0, hiss: 0 }

  return (pcm) => {
    const frames: Loudness[] = []
    // This loop is most of the work of an emulated session. Its numbers are in local variables, because numbers that a closure changes are
    // allocated anew with each sample.
    let { rumble, rumbleAgain, low, formantFirst, formantSecond } = filters
    let { count, voice, firstFormant, otherFormants, hiss } = frame
    /** Whether digital silence leaves the filters as they are. */
    let isSettled =
      count === 0 && rumble === 0 && rumbleAgain === 0 && low === 0 && formantFirst === 0 && formantSecond === 0
    for (let at = 0; at < pcm.length; at++) {
      if (isSettled && isSilent(pcm, at, frameLength)) {
        frames.push(silence)
        at += frameLength - 1
        continue
      }
      isSettled = false
      const x = (pcm[at] as number) / 32768
      rumble += rumbleWeight * (x - rumble)
      const once = x - rumble
      rumbleAgain += rumbleWeight * (once - rumbleAgain)
      const clean = once - rumbleAgain
      low += splitWeight * (clean - low)
      const first = a * clean + formantFirst
      formantFirst = 2 * a * clean - b * first + formantSecond
      formantSecond = a * clean - c * first
      voice += low * low
      firstFormant += first * first
      otherFormants += (low - first) * (low - first)
      hiss += (clean - low) * (clean - low)
      if (++count < frameLength) continue
      frames.push({
        voiceDb: decibels(voice / count),
        lowDb: decibels(firstFormant / count),
        midDb: decibels(otherFormants / count),
        hissDb: decibels(hiss / count),
      })
      count = 0
      voice = 0
      firstFormant = 0
      otherFormants = 0
      hiss = 0
      // In digital silence the filters approach 0, and processors need many times as long for the smallest numbers.
      if (Math.abs(rumble) < inaudible) rumble = 0
      if (Math.abs(rumbleAgain) < inaudible) rumbleAgain = 0
      if (Math.abs(low) < inaudible) low = 0
      if (Math.abs(formantFirst) < inaudible) formantFirst = 0
      if (Math.abs(formantSecond) < inaudible) formantSecond = 0
      isSettled = rumble === 0 && rumbleAgain === 0 && low === 0 && formantFirst === 0 && formantSecond === 0
    }
    Object.assign(filters, { rumble, rumbleAgain, low, formantFirst, formantSecond })
    Object.assign(frame, { count, voice, firstFormant, otherFormants, hiss })
    return frames
  }
}

/** State of the filters after a sample. */
interface Filters {
  rumble: number
  rumbleAgain: number
  low: number
  formantFirst: number
  formantSecond: number
}

/** Sums over the samples of the frame in progress. */
interface FrameSums {
  count: number
  voice: number
  firstFormant: number
  otherFormants: number
  hiss: number
}

const silence: Loudness = { voiceDb: silenceDb, lowDb: silenceDb, midDb: silenceDb, hissDb: silenceDb }

/** Returns whether `length` samples are available from a position and all of them are 0. */
function isSilent(pcm: Int16Array, from: number, length: number): boolean {
  if (from + length > pcm.length) return false
  for (let at = from; at < from + length; at++) if (pcm[at] !== 0) return false
  return true
}

/** Far below the level of {@link silenceDb}. */
const inaudible = 1e-12

function decibels(power: number): number {
  return Math.max(silenceDb, 10 * Math.log10(power + 1e-12))
}

/** Returns the weight of a new sample in a first-order low-pass filter. */
function onePoleWeight(cutoffHz: number, rate: number): number {
  return 1 - Math.exp((-2 * Math.PI * cutoffHz) / rate)
}

/** Returns the weights of a second-order Butterworth low-pass filter. */
function lowPassWeights(
  cutoffHz: number,
  rate: number,
): { readonly a: number; readonly b: number; readonly c: number } {
  const k = Math.tan((Math.PI * cutoffHz) / rate)
  const scale = 1 / (1 + Math.SQRT2 * k + k * k)
  return { a: k * k * scale, b: 2 * (k * k - 1) * scale, c: (1 - Math.SQRT2 * k + k * k) * scale }
}
