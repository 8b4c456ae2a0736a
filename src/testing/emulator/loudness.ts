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
  const rumble = onePole(120, rate)
  const rumbleAgain = onePole(120, rate)
  const split = onePole(3000, rate)
  const formant = lowPass(900, rate)
  let voice = 0
  let firstFormant = 0
  let otherFormants = 0
  let hiss = 0
  let count = 0

  return (pcm) => {
    const frames: Loudness[] = []
    for (const sample of pcm) {
      const x = sample / 32768
      const once = x - rumble(x)
      const clean = once - rumbleAgain(once)
      const low = split(clean)
      const first = formant(clean)
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
      voice = 0
      firstFormant = 0
      otherFormants = 0
      hiss = 0
      count = 0
    }
    return frames
  }
}

function decibels(power: number): number {
  return Math.max(silenceDb, 10 * Math.log10(power + 1e-12))
}

/** Creates a first-order low-pass filter. */
function onePole(cutoffHz: number, rate: number): (x: number) => number {
  const weight = 1 - Math.exp((-2 * Math.PI * cutoffHz) / rate)
  let y = 0
  return (x) => {
    y += weight * (x - y)
    return y
  }
}

/** Creates a second-order Butterworth low-pass filter. */
function lowPass(cutoffHz: number, rate: number): (x: number) => number {
  const k = Math.tan((Math.PI * cutoffHz) / rate)
  const scale = 1 / (1 + Math.SQRT2 * k + k * k)
  const a = k * k * scale
  const b = 2 * (k * k - 1) * scale
  const c = (1 - Math.SQRT2 * k + k * k) * scale
  let first = 0
  let second = 0
  return (x) => {
    const y = a * x + first
    first = 2 * a * x - b * y + second
    second = a * x - c * y
    return y
  }
}
