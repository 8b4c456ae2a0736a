import type { AudioFormatLike } from '../audio/duration.js'
import type { Level } from '../audio/level.js'
import type { Clock } from '../internal/clock.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { AudioPart } from '../session/playback/tracker.js'
import type { DeviceError } from './error.js'
import type { PlayableAudio } from './stream-codec.js'

/** Options of {@link createSpeaker}. */
export interface SpeakerOptions {
  /**
   * Volume from 0 to 1. Higher values amplify.
   * @defaultValue 1
   */
  readonly volume?: number
  /**
   * Id of the output device, from `listDevices()`. Only where `isOutputSelectable()` returns `true`.
   * @defaultValue the device that the system prefers
   */
  readonly deviceId?: string | undefined
  /**
   * Audio that is buffered before a part starts to play, in milliseconds. It grows after stalls.
   * @defaultValue 60
   */
  readonly startMs?: number
  /**
   * Maximum of the buffer after stalls, in milliseconds.
   * @defaultValue 480
   */
  readonly maxStartMs?: number
  /**
   * Duration of the fade-out on `flush`, in milliseconds.
   * @defaultValue 5
   */
  readonly fadeMs?: number
  /**
   * URL of this package's `worklet.js`, for pages whose Content-Security-Policy forbids `blob:` scripts.
   * @defaultValue an inline script
   */
  readonly workletUrl?: string | URL
  /** Plays into this node. `stop` does not close its AudioContext. */
  readonly output?: AudioNode
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  readonly clock?: Clock
}

/**
 * State of a speaker. `locked`: the browser plays no audio because it waits for a user gesture, because of a telephone call, or because the
 * clock of the AudioContext stands still. The speaker resumes on its own, and plays what was enqueued meanwhile.
 */
export type SpeakerState = 'idle' | 'starting' | 'running' | 'locked' | 'stopped'

/** Immutable snapshot of a speaker, as `getState` returns it. */
export interface SpeakerSnapshot {
  readonly state: SpeakerState
  /** Whether audio is waiting or being played. */
  readonly isPlaying: boolean
  readonly volume: number
  /** Current level, before `volume` is applied. */
  readonly level: Level
  /** Id of the output device, or `undefined` for the preferred one. */
  readonly deviceId: string | undefined
}

/** Events of a {@link Speaker}. */
export interface SpeakerEvents {
  /** More of a part was played. Output latency is subtracted as far as the browser reports it. */
  played: PlayedAudio
  /** `isPlaying` changed. */
  playing: boolean
  /** The buffer ran empty in the middle of a part, because the network or the page was too slow. */
  stalled: SpeakerStall
  /** The state changed. */
  state: SpeakerState
  /** Another output device was set. */
  device: SpeakerDevice
  /** The volume was changed by `setVolume`. */
  volume: number
  /** The speaker stopped because its AudioContext was closed. */
  error: DeviceError
}

/** The output device of a speaker. */
export interface SpeakerDevice {
  /** `undefined` for the preferred device. */
  readonly deviceId: string | undefined
}

/** Audio that was played. */
export interface PlayedAudio {
  readonly part: AudioPart | undefined
  /** Milliseconds since the previous event of this part. */
  readonly ms: number
}

/** An audible gap. */
export interface SpeakerStall {
  /** Number of gaps since `start`. */
  readonly count: number
}

/** Options of `Speaker.enqueue`. */
export interface EnqueueOptions {
  /** The part that the audio belongs to. Parts are played one after another, in the order of their first audio. */
  readonly part?: AudioPart | undefined
  /**
   * Format of bytes, and sample rate of samples. The format of a part is that of its first audio.
   * @defaultValue 'audio/pcm' (24 kHz)
   */
  readonly format?: AudioFormatLike | undefined
}

/** A speaker that plays audio without gaps and reports how much was played. */
export interface Speaker extends ReadableStore<SpeakerSnapshot> {
  /**
   * Calls the listener after each change of the snapshot. While audio plays, `level` changes about every 10 ms.
   * Returns an unsubscribe function.
   *
   * @example
   * ```ts
   * const isLocked = useSyncExternalStore(
   *   speaker.subscribe,
   *   () => speaker.getState().state === 'locked',
   *   () => speaker.getServerState().state === 'locked',
   * )
   * ```
   */
  subscribe(listener: () => void): () => void
  readonly state: SpeakerState
  /** Whether audio is waiting or being played. */
  readonly isPlaying: boolean
  /** Current level, before `volume` is applied. */
  readonly level: Level
  readonly volume: number
  /**
   * Opens the output and plays what was enqueued before. Call it in a click handler, so that the browser does not lock the audio. Resolves
   * also while `locked`. Concurrent calls share one promise. After a failure, the next call tries again.
   * @throws {DeviceError} `WORKLET_FAILED`, `UNSUPPORTED`, `CONTEXT_CLOSED`, `DEVICE_BUSY`, `NO_DEVICE`, `PERMISSION_DENIED`, `STOPPED`.
   */
  start(): Promise<void>
  /**
   * Queues audio behind what is waiting. A chunk may end anywhere, also within a sample. A stopped speaker drops it.
   * @throws {AudioError} `UNSUPPORTED_FORMAT`.
   */
  enqueue(audio: PlayableAudio, options?: EnqueueOptions): void
  /** Marks a part as complete. Without it, the speaker treats the end of the part as a gap and waits for more audio. */
  end(part?: AudioPart): void
  /** Fades out and drops what is waiting. To interrupt a response, call `session.interrupt()`, which flushes the speaker. */
  flush(): void
  setVolume(volume: number): void
  /**
   * Switches to another output device, or to the preferred one without an id. Before `start`, it only sets the id.
   * @throws {DeviceError} `UNSUPPORTED`, `NO_DEVICE`, `PERMISSION_DENIED`.
   */
  setDevice(deviceId?: string): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof SpeakerEvents>(type: K, listener: (event: SpeakerEvents[K]) => void): () => void
  /** Stops playing and releases all resources. A stopped speaker cannot be started again. */
  stop(): Promise<void>
}
