import { reportToHost } from '../internal/emitter.js'
import { DeviceError } from './error.js'

/** A microphone or a speaker, as the browser lists it. */
export interface Device {
  /** What `deviceId` options take; it is different for each site. */
  readonly id: string
  /** Its name, or an empty string until the user has allowed the microphone. */
  readonly label: string
  /** Devices of one group belong together, such as the two halves of a headset. */
  readonly groupId: string
}

/** The devices that there are. */
export interface Devices {
  readonly microphones: readonly Device[]
  /** Empty where the browser does not list them. */
  readonly speakers: readonly Device[]
}

/**
 * Lists the devices. Before the user has allowed the microphone, browsers hide their names and most of their number.
 * @throws {@link DeviceError} UNSUPPORTED on a page that is not served over https, PERMISSION_DENIED, DEVICE_BUSY.
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
 * Calls the listener with the new list each time that a device comes or goes; the answer ends it.
 * @throws {@link DeviceError} UNSUPPORTED on a page that is not served over https.
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
  // When the browser fails to list the devices, the next change tries again.
  const onChange = () => void listDevices().then(notify, () => {})
  media.addEventListener('devicechange', onChange)
  return () => {
    isWatching = false
    media.removeEventListener('devicechange', onChange)
  }
}

/** Whether a speaker can be sent to a device of choice in this browser. */
export function isOutputSelectable(): boolean {
  return typeof AudioContext !== 'undefined' && 'setSinkId' in AudioContext.prototype
}

/**
 * Asks for a microphone.
 * @throws {@link DeviceError} PERMISSION_DENIED, NO_DEVICE, DEVICE_BUSY, CONSTRAINT_UNMET, UNSUPPORTED.
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

/** What the browser's refusal of a device means. */
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
      // Some browsers do not say which constraint it was.
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
