import { reportToHost } from '../internal/emitter.js'
import { DeviceError } from './error.js'

/** A microphone or speaker in the browser's list. */
export interface Device {
  /** Value for `deviceId` options. It differs between sites. */
  readonly id: string
  /** Name of the device. Empty until the user has allowed the microphone. */
  readonly label: string
  /** Devices with the same value belong together, such as the microphone and speaker of a headset. */
  readonly groupId: string
}

/** The available devices. */
export interface Devices {
  readonly microphones: readonly Device[]
  /** Empty in browsers that do not list output devices. */
  readonly speakers: readonly Device[]
}

/**
 * Lists the devices. Until the user has allowed the microphone, browsers hide names and list at most one device per kind.
 * @throws {DeviceError} `UNSUPPORTED` on a page that is not served over https, `PERMISSION_DENIED`, `DEVICE_BUSY`.
 *
 * @example
 * ```ts
 * const { microphones, speakers } = await listDevices()
 * ```
 */
export async function listDevices(): Promise<Devices> {
  const devices = await mediaDevices()
    .enumerateDevices()
    .catch((cause: unknown) => {
      throw deviceError('microphone', undefined, cause)
    })
  const ofKind = (wanted: MediaDeviceKind) =>
    devices
      .filter(({ kind }) => kind === wanted)
      .map(({ deviceId, label, groupId }) => ({ id: deviceId, label, groupId }))
  return { microphones: ofKind('audioinput'), speakers: ofKind('audiooutput') }
}

/**
 * Calls the listener with the new list when a device was connected or disconnected. Returns an unsubscribe function.
 * @throws {DeviceError} `UNSUPPORTED` on a page that is not served over https.
 *
 * @example
 * ```ts
 * const unsubscribe = watchDevices(({ microphones }) => showMicrophones(microphones))
 * ```
 */
export function watchDevices(listener: (devices: Devices) => void): () => void {
  const media = mediaDevices()
  let isWatching = true
  const notify = (devices: Devices) => {
    if (!isWatching) return
    try {
      listener(devices)
    } catch (error) {
      reportToHost(error)
    }
  }
  // When listing fails, the next change tries again.
  const onChange = () => void listDevices().then(notify, () => {})
  media.addEventListener('devicechange', onChange)
  return () => {
    isWatching = false
    media.removeEventListener('devicechange', onChange)
  }
}

/**
 * Returns whether this browser can choose the output device of a speaker.
 *
 * @example
 * ```ts
 * if (isOutputSelectable()) await speaker.setDevice(id)
 * ```
 */
export function isOutputSelectable(): boolean {
  return typeof AudioContext !== 'undefined' && 'setSinkId' in AudioContext.prototype
}

/**
 * Requests a microphone.
 * @throws {DeviceError} `PERMISSION_DENIED`, `NO_DEVICE`, `DEVICE_BUSY`, `CONSTRAINT_UNMET`, `UNSUPPORTED`.
 */
export async function openMicrophone(
  deviceId: string | undefined,
  constraints: MediaTrackConstraints,
): Promise<MediaStream> {
  const media = mediaDevices()
  const chosen = deviceId === undefined ? {} : { deviceId: { exact: deviceId } }
  try {
    return await media.getUserMedia({ audio: { ...constraints, ...chosen } })
  } catch (cause) {
    throw deviceError('microphone', deviceId, cause)
  }
}

/** Converts an error of `getUserMedia`, `enumerateDevices`, or `setSinkId`. */
export function deviceError(
  device: 'microphone' | 'speaker',
  deviceId: string | undefined,
  cause: unknown,
): DeviceError {
  const { name, constraint } = cause as { name?: string; constraint?: string }
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return new DeviceError('PERMISSION_DENIED', { device }, { cause })
    case 'NotFoundError':
      return new DeviceError('NO_DEVICE', { device, deviceId }, { cause })
    case 'OverconstrainedError':
      // Some browsers do not report which constraint failed.
      if (constraint === 'deviceId' || (!constraint && deviceId !== undefined))
        return new DeviceError('NO_DEVICE', { device, deviceId }, { cause })
      return new DeviceError('CONSTRAINT_UNMET', { constraint: constraint ?? '' }, { cause })
    default:
      return new DeviceError('DEVICE_BUSY', { device }, { cause })
  }
}

function mediaDevices(): MediaDevices {
  const media = typeof navigator === 'undefined' ? undefined : navigator.mediaDevices
  if (!media) throw new DeviceError('UNSUPPORTED', { feature: 'getUserMedia' })
  return media
}
