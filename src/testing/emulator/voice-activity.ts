import { createLoudnessMeter, frameMs, type Loudness } from './loudness.js'
import { createNoiseFloor, type NoiseFloor } from './noise-floor.js'
import { createSpeechBand } from './speech-band.js'

/** Options of {@link createVoiceActivity}. */
export interface VoiceActivityOptions {
  /** Sample rate in hertz. */
  readonly rate: number
  /** Minimum distance of speech from the background noise, and minimum level, from 0 to 1. @defaultValue 0.5 */
  readonly threshold?: number
  /** Silence that ends a turn, in milliseconds. */
  readonly silenceMs: number
}

/** Start or end of speech, in samples since the detector was created. */
export interface VoiceActivityChange {
  readonly type: 'started' | 'stopped'
  /** `started`: first sample of the onset. `stopped`: first sample after the silence that ended the turn. */
  readonly at: number
}

/** Detects speech in PCM. Time is counted in samples, so results do not depend on pace or chunk size. */
export interface VoiceActivity {
  readonly speaking: boolean
  push(pcm: Int16Array): VoiceActivityChange[]
  /** Ends the speech in progress without a `stopped` change. The noise estimate is kept. */
  interrupt(): void
  /** Changes the silence that ends a turn, also that of the turn in progress. */
  setSilence(silenceMs: number): void
}

// Speech is voiced in most frames of this window. A click or a short breath is not.
const windowFrames = 12
const voicedInWindow = 8
// Shorter sounds during silence, such as a click or the release of a final t or k, do not extend the turn.
const framesThatProlong = 3
// Maximum look-back for the quiet start of a word.
const onsetFrames = 25
// Maximum time between the first voiced frame and the detection for which the onset still counts as the start.
const longestRise = 50
// Audio above this level counts as speech even if it is steady, so that tests can use a tone.
const surelyMeantDb = -30
// Background noise varies less than this, speech varies more.
const unsteadyDb = 5
// Audio that is quieter than the speech by this much is room noise or breath.
const belowVoiceDb = 34
// Background noise is at least this far below the speech, unless it lasts.
const clearlyBelowDb = 14
// Noise hides the weak ends of words. The closer it is to the speech, the longer the silence must last.
const clearDb = 32
const noisyDb = 18
const hiddenMs = 150
// Distance of a formant from the background in its band during speech.
const formantMarginDb = 6
// Noise that varies, such as other voices or a fan, is above its minimum by this much more than steady noise.
const steadyRippleDb = 2
const largestRippleDb = 8
const largestNoiseDb = 15
// The ripple is an average over about a second.
const rippleWeight = frameMs / 1000
// After this much silence, varying noise must last longer than the silence of a pause to count as speech.
const pauseFrames = 30

/** A frame with whether a formant stands out of the noise. */
interface Frame {
  readonly audio: Loudness
  readonly hasFormant: boolean
}

/** Creates a detector. It assumes a quiet background until it has measured one. */
export function createVoiceActivity({ rate, threshold = 0.5, silenceMs }: VoiceActivityOptions): VoiceActivity {
  const frameLength = Math.round((rate * frameMs) / 1000)
  const framesOf = (ms: number) => Math.max(1, Math.round(ms / frameMs))
  let silenceFrames = framesOf(silenceMs)
  const startMargin = 4 + 10 * threshold
  const stayMargin = startMargin * 0.5
  const lowest = -82 + 20 * threshold
  const measure = createLoudnessMeter(rate)
  const voiceFloor = createNoiseFloor({ lowest, highest: -32 })
  const hissFloor = createNoiseFloor({ lowest, highest: -32 })

  const formants = [createSpeechBand({ lowest, highest: -32 }), createSpeechBand({ lowest, highest: -32 })] as const

  const history: Frame[] = []
  let ripple = 0
  let frame = 0
  let speaking = false
  let voiceLevel = lowest
  let quiet = 0
  let loudRun = 0
  let risen = 0
  // Level range since the audio rose above the background. Distinguishes speech from background noise that has just started.
  let quietest = 0
  let loudest = lowest

  const stands = (audio: Loudness, margin: number) => audio.voiceDb > voiceFloor.db + margin + extraRipple()
  /** Returns how much more the noise varies than steady noise does, in dB. */
  const extraRipple = () => Math.min(largestRippleDb, Math.max(0, 1.5 * (ripple - steadyRippleDb)))
  const hisses = (audio: Loudness, margin: number) => audio.hissDb > hissFloor.db + margin

  function listen(): VoiceActivityChange | undefined {
    const voicedDb = voiceFloor.db + startMargin + extraRipple()
    let voiced = 0
    for (let at = Math.max(0, history.length - windowFrames); at < history.length; at++) {
      const { audio, hasFormant } = history[at] as Frame
      if (hasFormant || audio.voiceDb > voicedDb) voiced++
    }
    if (voiced === 0) {
      risen = 0
      quietest = 0
      loudest = lowest
      return undefined
    }
    risen++
    if (voiced > 3) {
      const level = meanVoiceDb(history.slice(-4))
      quietest = Math.min(quietest, level)
      loudest = Math.max(loudest, level)
    }
    if (voiced < voicedInWindow) return undefined
    if (loudest < surelyMeantDb && loudest - quietest < unsteadyDb) return undefined
    speaking = true
    for (const band of formants) band.start()
    quiet = 0
    loudRun = framesThatProlong
    voiceLevel = loudest
    return { type: 'started', at: (frame - framesSinceOnset()) * frameLength }
  }

  function framesSinceOnset(): number {
    let since = Math.min(risen, longestRise, history.length)
    const limit = Math.min(since + onsetFrames, history.length)
    while (since < limit) {
      const before = history[history.length - since - 1]
      if (!before) break
      const { audio, hasFormant } = before
      if (!(hasFormant || stands(audio, stayMargin / 2) || hisses(audio, startMargin))) break
      since++
    }
    return since
  }

  function rest(): void {
    history.length = 0
    risen = 0
    quietest = 0
    loudest = lowest
  }

  /**
   * Returns the background level during speech. A steady level close to the speech may be a vowel, so only the long-term minimum counts.
   */
  function backgroundUnder(floor: NoiseFloor): number {
    return Math.min(floor.db, Math.max(floor.certainDb, voiceLevel - clearlyBelowDb))
  }

  /** Returns how much of the end of a word the noise hides, in frames. */
  function hiddenFrames(): number {
    const separation = voiceLevel - Math.min(voiceFloor.db, voiceLevel)
    const share = Math.min(1, Math.max(0, (clearDb - separation) / (clearDb - noisyDb)))
    return Math.round((share * hiddenMs) / frameMs)
  }

  function follow(audio: Loudness): VoiceActivityChange | undefined {
    voiceLevel = Math.max(voiceLevel - 0.02, audio.voiceDb)
    const level = Math.max(audio.voiceDb, audio.hissDb)
    const isAudible =
      (audio.voiceDb > backgroundUnder(voiceFloor) + stayMargin + extraRipple() ||
        formants.some((band) => band.continues(formantMarginDb + extraRipple())) ||
        audio.hissDb > backgroundUnder(hissFloor) + startMargin) &&
      level > voiceLevel - belowVoiceDb
    loudRun = isAudible ? loudRun + 1 : 0
    const longer = quiet > pauseFrames ? Math.round(2 * extraRipple()) : 0
    quiet = loudRun >= framesThatProlong + longer ? 0 : quiet + 1
    if (quiet < silenceFrames + hiddenFrames()) return undefined
    speaking = false
    rest()
    return { type: 'stopped', at: frame * frameLength }
  }

  return {
    get speaking() {
      return speaking
    },
    push(pcm) {
      const changes: VoiceActivityChange[] = []
      for (const audio of measure(pcm)) {
        frame++
        voiceFloor.add(audio.voiceDb)
        hissFloor.add(audio.hissDb)
        formants[0].add(audio.lowDb)
        formants[1].add(audio.midDb)
        // The speech of the user must not count as noise that varies.
        if (!speaking) ripple += rippleWeight * (Math.min(largestNoiseDb, audio.voiceDb - voiceFloor.db) - ripple)
        const margin = startMargin + extraRipple()
        history.push({ audio, hasFormant: formants[0].standsOut(margin) || formants[1].standsOut(margin) })
        if (history.length > longestRise + onsetFrames) history.shift()
        const change = speaking ? follow(audio) : listen()
        if (change) changes.push(change)
      }
      return changes
    },
    interrupt() {
      speaking = false
      rest()
    },
    setSilence(ms) {
      silenceFrames = framesOf(ms)
    },
  }
}

function meanVoiceDb(frames: readonly Frame[]): number {
  return frames.reduce((sum, { audio }) => sum + audio.voiceDb, 0) / frames.length
}
