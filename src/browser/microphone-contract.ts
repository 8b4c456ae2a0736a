import type { Level } from '../audio/level.js'
import type { Clock } from '../internal/clock.js'
import type { DeviceError } from './error.js'
import type { MicrophoneFrame } from './framer.js'

/** Options of `createMicrophone`; none is needed. */
export interface MicrophoneOptions {
  /**
   * Which microphone, by its id from `listDevices()`.
   * @default the one that the user or the browser prefers
   */
  readonly deviceId?: string | undefined
  /**
   * What is asked of the microphone; these are added to the defaults.
   * @default echo cancellation, noise suppression and gain control on, one channel
   */
  readonly constraints?: MediaTrackConstraints
  /**
   * The rate of the frames in hertz, whatever the hardware has.
   * @default 24_000
   */
  readonly sampleRate?: number
  /**
   * How long a frame is, in milliseconds.
   * @default 20
   */
  readonly frameMs?: number
  /**
   * Where `worklet.js` of this package is served, for pages whose Content-Security-Policy forbids `blob:` scripts.
   * @default the script is inline
   */
  readonly workletUrl?: string | URL
  /** Listens to this stream instead of asking for a microphone; its tracks are not stopped at the end. */
  readonly stream?: MediaStream
  /** A context of your own; it is not closed at the end. */
  readonly context?: AudioContext
  /**
   * Source of time.
   * @default the system clock
   */
  readonly clock?: Clock
}

/**
 * `locked`: the browser processes no audio until the user has touched the page, during a telephone call, or because its audio clock stands
 * still. The microphone resumes by itself when the browser allows it.
 */
export type MicrophoneState = 'idle' | 'starting' | 'running' | 'locked' | 'stopped'

/** What a microphone tells its listeners. */
export interface MicrophoneEvents {
  frame: MicrophoneFrame
  state: MicrophoneState
  /** Another device is in use; over WebRTC pass its track to `replaceTrack`. */
  device: MicrophoneDevice
  /**
   * The system or the browser mutes the device (`true`) or ends that (`false`): a hardware switch, a telephone call, the browser's own
   * button. Frames are silent meanwhile. This is independent of `mute()`.
   */
  systemMuted: boolean
  /** The microphone stopped: its device is gone and no other one could be opened, or its AudioContext was closed. */
  error: DeviceError
}

/** The device that is in use. */
export interface MicrophoneDevice {
  readonly stream: MediaStream
  readonly track: MediaStreamTrack
  readonly deviceId: string | undefined
  readonly label: string
}

/** A microphone that gives frames of one length at one rate. */
export interface Microphone {
  readonly state: MicrophoneState
  /** The rate of the frames, in hertz. */
  readonly sampleRate: number
  /** The length of a frame, in milliseconds. */
  readonly frameMs: number
  /** What comes from the device, for WebRTC; undefined while none is open. It changes with the device. */
  readonly stream: MediaStream | undefined
  /**
   * Asks for the microphone and begins to listen. Called again it gives the same promise, and after a failure it tries again.
   * @throws {DeviceError} `PERMISSION_DENIED`, `NO_DEVICE`, `DEVICE_BUSY`, `CONSTRAINT_UNMET`, `WORKLET_FAILED`, `UNSUPPORTED`, `STOPPED`.
   */
  start(): Promise<void>
  /**
   * Changes to another microphone, or, without an id, to the preferred one; before `start` it is only noted. No frame is lost but those of the
   * change. When it fails, the microphone stays with the device it had.
   * @throws {DeviceError} as `start`.
   */
  setDevice(deviceId?: string): Promise<void>
  /**
   * Makes every frame silent from now on, the one that is being filled included, and the track as well. It holds until `unmute`: before
   * `start`, across devices. Frames keep coming, so that the server hears that the caller is silent.
   */
  mute(): void
  unmute(): void
  readonly isMuted: boolean
  /** Whether the system or the browser mutes the device. `unmute()` cannot change that. */
  readonly isSystemMuted: boolean
  /** How loud the last frame was. */
  readonly level: Level
  /** Listens; the answer undoes it. */
  on<K extends keyof MicrophoneEvents>(type: K, listener: (event: MicrophoneEvents[K]) => void): () => void
  /** Releases the device and all else, for good. */
  stop(): Promise<void>
}
