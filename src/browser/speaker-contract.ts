import type { AudioFormatLike } from '../audio/duration.js'
import type { Level } from '../audio/level.js'
import type { Clock } from '../internal/clock.js'
import type { AudioPart } from '../session/playback/tracker.js'
import type { DeviceError } from './error.js'
import type { PlayableSound } from './sound-codec.js'

/** Options of `createSpeaker`; none is needed. */
export interface SpeakerOptions {
  /**
   * How loud, from 0 to 1; more amplifies.
   * @defaultValue 1
   */
  readonly volume?: number
  /**
   * Which output device, by its id from `listDevices()`; only where `isOutputSelectable()`.
   * @defaultValue the one that the system prefers
   */
  readonly deviceId?: string | undefined
  /**
   * How much sound must be there before an answer begins, in milliseconds; it is made more by itself where the network stalls.
   * @defaultValue 60
   */
  readonly startMs?: number
  /**
   * The most that is waited for after stalls, in milliseconds.
   * @defaultValue 480
   */
  readonly maxStartMs?: number
  /**
   * How long sound takes to fall silent when it is flushed, in milliseconds.
   * @defaultValue 5
   */
  readonly fadeMs?: number
  /**
   * Where `worklet.js` of this package is served, for pages whose Content-Security-Policy forbids `blob:` scripts.
   * @defaultValue the script is inline
   */
  readonly workletUrl?: string | URL
  /** Where the sound goes: a node of a context of your own, which is not closed at the end. */
  readonly output?: AudioNode
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  readonly clock?: Clock
}

/**
 * `locked`: the browser plays no audio until the user has touched the page, during a telephone call, or because its audio clock stands still.
 * Audio that arrives meanwhile is played when the speaker resumes, which it does by itself.
 */
export type SpeakerState = 'idle' | 'starting' | 'running' | 'locked' | 'stopped'

/** What a speaker tells its listeners. */
export interface SpeakerEvents {
  /** So much more of a part was heard: it left the loudspeaker, as far as the browser knows how long that takes. */
  played: HeardSound
  /** Whether anything is to be heard, when it changes. */
  playing: boolean
  /** The sound ran dry in the middle of a part: the network, or the page, was too slow. */
  stalled: SpeakerStall
  state: SpeakerState
  /** The speaker stopped because its AudioContext was closed. */
  error: DeviceError
}

/** Sound that was heard. */
export interface HeardSound {
  readonly part: AudioPart | undefined
  readonly ms: number
}

/** A gap that the listener heard. */
export interface SpeakerStall {
  /** How many there were since `start`. */
  readonly count: number
}

/** What a speaker should know of a piece of sound. */
export interface EnqueueOptions {
  /** What it belongs to; parts are played one after the other in the order in which they began. */
  readonly part?: AudioPart | undefined
  /**
   * The format of bytes, and the rate of samples; of a part, what its first piece said.
   * @defaultValue 'audio/pcm', which is 24 kHz
   */
  readonly format?: AudioFormatLike | undefined
}

/** A speaker that plays sound without gaps, and knows what was heard. */
export interface Speaker {
  readonly state: SpeakerState
  /** Whether anything waits or is still to be heard. */
  readonly isPlaying: boolean
  /** How loud it is now, before `volume`. */
  readonly level: Level
  readonly volume: number
  /**
   * Opens the output; call it in a click, and nothing will be locked. Resolves also while `locked`. Called again it gives the same promise, and
   * after a failure it tries again. Sound that came before is played then.
   * @throws {DeviceError} `WORKLET_FAILED`, `UNSUPPORTED`, `CONTEXT_CLOSED`, `DEVICE_BUSY`, `NO_DEVICE`, `PERMISSION_DENIED`, `STOPPED`.
   */
  start(): Promise<void>
  /**
   * Plays sound behind what waits. Pieces may end anywhere, also in the middle of a sample. Once stopped, it is dropped.
   * @throws {AudioError} `UNSUPPORTED_FORMAT`.
   */
  enqueue(sound: PlayableSound, options?: EnqueueOptions): void
  /** A part is complete. Without it the speaker takes its end for a gap, and waits for more. */
  end(part?: AudioPart): void
  /** Falls silent without a click and drops what waits. To interrupt an answer call `session.interrupt()`, which leads to this. */
  flush(): void
  setVolume(volume: number): void
  /**
   * Changes to another output device, or, without an id, to the preferred one; before `start` it is only noted.
   * @throws {DeviceError} `UNSUPPORTED`, `NO_DEVICE`, `PERMISSION_DENIED`.
   */
  setDevice(deviceId?: string): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof SpeakerEvents>(type: K, listener: (event: SpeakerEvents[K]) => void): () => void
  /** Falls silent and releases everything, for good. */
  stop(): Promise<void>
}
