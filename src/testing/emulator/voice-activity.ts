import { createLoudnessMeter, frameMs, type Loudness } from './loudness.js'
import { createNoiseFloor, type NoiseFloor } from './noise-floor.js'

/** Options of {@link createVoiceActivity}. */
export interface VoiceActivityOptions {
  /** Samples a second. */
  readonly rate: number
  /** From 0 to 1: how far above the background a voice must stand, and how loud it must be at least. @defaultValue 0.5 */
  readonly threshold?: number
  /** Quiet that ends a turn, in milliseconds. */
  readonly silenceMs: number
}

/** Where speech began or ended, in samples since the detector was made. */
export interface VoiceActivityChange {
  readonly type: 'started' | 'stopped'
  /** `started`: the first sample of the onset. `stopped`: the first sample after the quiet that ended the turn. */
  readonly at: number
}

/** Finds speech in PCM. Time is counted in samples, so its answers do not depend on how fast or in what pieces the sound arrives. */
export interface VoiceActivity {
  readonly speaking: boolean
  push(pcm: Int16Array): VoiceActivityChange[]
  /** Forgets the speech in progress, as if it had ended, and keeps what is known of the background. */
  interrupt(): void
}

// A voice shows in most frames of such a window; a click or a short breath does not.
const windowFrames = 12
const voicedInWindow = 8
// The release of a final t or k, or a click in a pause, is shorter than this and prolongs nothing.
const framesThatProlong = 3
// How far back the quiet beginning of a word is looked for.
const onsetFrames = 25
// How long a sound may have to prove itself a voice and still be counted from its beginning.
const longestRise = 50
// Sound this loud is taken for meant, however steady it is: a tone is a fair stand-in for a voice.
const surelyMeantDb = -30
// A background is steadier than this; a voice is not.
const unsteadyDb = 5
// Quieter than the voice by this much, in the middle of its turn, is room and breath.
const belowVoiceDb = 34
// A background is at least so far below the voice, unless it lasts.
const clearlyBelowDb = 14

/** Makes a detector that has heard nothing yet; it takes the background for quiet until it has heard it. */
export function createVoiceActivity({ rate, threshold = 0.5, silenceMs }: VoiceActivityOptions): VoiceActivity {
  const frameLength = Math.round((rate * frameMs) / 1000)
  const silenceFrames = Math.max(1, Math.round(silenceMs / frameMs))
  const startMargin = 4 + 10 * threshold
  const stayMargin = startMargin * 0.5
  const lowest = -82 + 20 * threshold
  const measure = createLoudnessMeter(rate)
  const voiceFloor = createNoiseFloor({ lowest, highest: -32 })
  const hissFloor = createNoiseFloor({ lowest, highest: -32 })

  const history: Loudness[] = []
  let frame = 0
  let speaking = false
  let voiceLevel = lowest
  let quiet = 0
  let loudRun = 0
  let risen = 0
  // Levels since the sound rose above the background, for telling a voice from a background that has just begun.
  let quietest = 0
  let loudest = lowest

  const stands = (sound: Loudness, margin: number) => sound.voiceDb > voiceFloor.db + margin
  const hisses = (sound: Loudness, margin: number) => sound.hissDb > hissFloor.db + margin

  function listen(): VoiceActivityChange | undefined {
    const window = history.slice(-windowFrames)
    const voiced = window.filter((sound) => stands(sound, startMargin)).length
    if (voiced === 0) {
      risen = 0
      quietest = 0
      loudest = lowest
      return undefined
    }
    risen++
    if (voiced > 3) {
      const level = mean(window.slice(-4))
      quietest = Math.min(quietest, level)
      loudest = Math.max(loudest, level)
    }
    if (voiced < voicedInWindow) return undefined
    if (loudest < surelyMeantDb && loudest - quietest < unsteadyDb) return undefined
    speaking = true
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
      if (!before || !(stands(before, stayMargin / 2) || hisses(before, startMargin))) break
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

  /** The background during speech. What seems to be one, but is nearly as loud as the voice, may be a vowel; only time tells. */
  function backgroundUnder(floor: NoiseFloor): number {
    return Math.min(floor.db, Math.max(floor.certainDb, voiceLevel - clearlyBelowDb))
  }

  function follow(sound: Loudness): VoiceActivityChange | undefined {
    voiceLevel = Math.max(voiceLevel - 0.02, sound.voiceDb)
    const level = Math.max(sound.voiceDb, sound.hissDb)
    const heard =
      (sound.voiceDb > backgroundUnder(voiceFloor) + stayMargin ||
        sound.hissDb > backgroundUnder(hissFloor) + startMargin) &&
      level > voiceLevel - belowVoiceDb
    loudRun = heard ? loudRun + 1 : 0
    quiet = loudRun >= framesThatProlong ? 0 : quiet + 1
    if (quiet < silenceFrames) return undefined
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
      for (const sound of measure(pcm)) {
        frame++
        voiceFloor.add(sound.voiceDb)
        hissFloor.add(sound.hissDb)
        history.push(sound)
        if (history.length > longestRise + onsetFrames) history.shift()
        const change = speaking ? follow(sound) : listen()
        if (change) changes.push(change)
      }
      return changes
    },
    interrupt() {
      speaking = false
      rest()
    },
  }
}

function mean(sounds: readonly Loudness[]): number {
  return sounds.reduce((sum, sound) => sum + sound.voiceDb, 0) / sounds.length
}
