import type { Level } from '../audio/level.js'
import type { Clock } from '../internal/clock.js'
import type { ReadableStore } from '../internal/readable-store.js'
import type { DeviceError } from './error.js'
import type { MicrophoneFrame } from './microphone-frames.js'

/** Options of {@link createMicrophone}. */
export interface MicrophoneOptions {
  /**
   * Id of the microphone, from `listDevices()`.
   * @defaultValue the microphone that the user or the browser prefers
   */
  readonly deviceId?: string | undefined
  /**
   * Constraints of the audio track. They are merged over the defaults.
   * @defaultValue one channel with echo cancellation, noise suppression, and automatic gain control
   */
  readonly constraints?: MediaTrackConstraints
  /**
   * Sample rate of the frames in hertz. Audio is resampled from the rate of the hardware.
   * @defaultValue 24_000
   */
  readonly sampleRate?: number
  /**
   * Duration of a frame in milliseconds.
   * @defaultValue 20
   */
  readonly frameMs?: number
  /**
   * URL of this package's `worklet.js`, for pages whose Content-Security-Policy forbids `blob:` scripts.
   * @defaultValue an inline script
   */
  readonly workletUrl?: string | URL
  /** Captures this stream instead of requesting a microphone. `stop` does not stop its tracks. */
  readonly stream?: MediaStream
  /** Uses this AudioContext. `stop` does not close it. */
  readonly context?: AudioContext
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  readonly clock?: Clock
}

/**
 * State of a microphone. `locked`: the browser processes no audio because it waits for a user gesture, because of a telephone call, or
 * because the clock of the AudioContext stands still. The microphone resumes on its own when the browser allows it.
 */
export type MicrophoneState = 'idle' | 'starting' | 'running' | 'locked' | 'stopped'

/** Immutable snapshot of a microphone, as `getState` returns it. */
export interface MicrophoneSnapshot {
  readonly state: MicrophoneState
  /** Whether `mute()` is in effect. */
  readonly isMuted: boolean
  /** Whether the system or the browser mutes the device. */
  readonly isSystemMuted: boolean
  /** Level of the last frame. */
  readonly level: Level
  /** The open device, or `undefined` while none is open. */
  readonly device: MicrophoneDevice | undefined
}

/** Events of a {@link Microphone}. */
export interface MicrophoneEvents {
  /** Audio was captured. */
  frame: MicrophoneFrame
  /** The state changed. */
  state: MicrophoneState
  /** Another device is in use. Over WebRTC, pass its `track` to `replaceTrack`. */
  device: MicrophoneDevice
  /** `mute()` (`true`) or `unmute()` (`false`) took effect. */
  muted: boolean
  /**
   * The system or the browser started (`true`) or stopped (`false`) muting the device: a hardware switch, a telephone call, or a button of
   * the browser. Frames are silent while the device is muted. This is independent of `mute()`.
   */
  systemMuted: boolean
  /** The microphone stopped, because its device is gone and no other one could be opened, or because its AudioContext was closed. */
  error: DeviceError
}

/** A microphone that is open. */
export interface MicrophoneDevice {
  readonly stream: MediaStream
  readonly track: MediaStreamTrack
  readonly deviceId: string | undefined
  readonly label: string
}

/** A microphone that produces frames of equal duration and sample rate. */
export interface Microphone extends ReadableStore<MicrophoneSnapshot> {
  /**
   * Calls the listener after each change of the snapshot. While audio is captured, `level` changes with each frame.
   * Returns an unsubscribe function.
   *
   * @example
   * ```ts
   * const isMuted = useSyncExternalStore(
   *   microphone.subscribe,
   *   () => microphone.getState().isMuted,
   *   () => microphone.getServerState().isMuted,
   * )
   * ```
   */
  subscribe(listener: () => void): () => void
  readonly state: MicrophoneState
  /** Sample rate of the frames in hertz. */
  readonly sampleRate: number
  /** Duration of a frame in milliseconds. */
  readonly frameMs: number
  /** The stream of the device, for WebRTC. It changes with the device, and is `undefined` while no device is open. */
  readonly stream: MediaStream | undefined
  /**
   * Requests the microphone and starts to capture. Concurrent calls share one promise. After a failure, the next call tries again.
   * @throws {DeviceError} `PERMISSION_DENIED`, `NO_DEVICE`, `DEVICE_BUSY`, `CONSTRAINT_UNMET`, `WORKLET_FAILED`, `CONTEXT_CLOSED`,
   * `UNSUPPORTED`, `STOPPED`.
   */
  start(): Promise<void>
  /**
   * Switches to another microphone, or to the preferred one without an id. Before `start`, it only sets the id. If it fails, the current
   * device stays in use.
   * @throws {DeviceError} The same codes as `start`.
   */
  setDevice(deviceId?: string): Promise<void>
  /**
   * Makes frames silent, including the one that is being filled, and disables the track. It lasts until `unmute`, also before `start` and
   * across devices. Silent frames are still emitted, so that the server detects the end of the user's turn.
   */
  mute(): void
  /** Ends `mute`. */
  unmute(): void
  readonly isMuted: boolean
  /** Whether the system or the browser mutes the device. `unmute()` does not change it. */
  readonly isSystemMuted: boolean
  /** Level of the last frame. */
  readonly level: Level
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof MicrophoneEvents>(type: K, listener: (event: MicrophoneEvents[K]) => void): () => void
  /** Releases the device and all other resources. A stopped microphone cannot be started again. */
  stop(): Promise<void>
}
