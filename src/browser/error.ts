import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Data of a {@link DeviceError} by code. */
export interface DeviceErrorData {
  /** The user, the browser, or the page's permissions policy does not allow the device. */
  PERMISSION_DENIED: { device: 'microphone' | 'speaker' }
  /** The device does not exist. `deviceId` is the requested id, if any. */
  NO_DEVICE: { device: 'microphone' | 'speaker'; deviceId: string | undefined }
  /** The device is used by another program, or the system cannot open it. */
  DEVICE_BUSY: { device: 'microphone' | 'speaker' }
  /** The microphone was disconnected, and no other one could be opened. */
  DEVICE_LOST: { deviceId: string | undefined }
  /** No microphone meets the constraints. `constraint` is the one that failed. */
  CONSTRAINT_UNMET: { constraint: string }
  /** The AudioContext is closed. A closed context cannot be opened again. */
  CONTEXT_CLOSED: { device: 'microphone' | 'speaker' }
  /** The browser did not load the worklet. `url` is `undefined` for the inline script. */
  WORKLET_FAILED: { url: string | undefined }
  /** The browser or page lacks a required feature. */
  UNSUPPORTED: { feature: 'getUserMedia' | 'AudioWorklet' | 'setSinkId' }
  /** The microphone or speaker is stopped. */
  STOPPED: { device: 'microphone' | 'speaker' }
  /** An option has an invalid value. */
  INVALID_OPTION: { option: string; problem: string }
}

/** Codes of {@link DeviceError}. */
export type DeviceErrorCode = keyof DeviceErrorData

const messages: MessageTable<DeviceErrorData> = {
  PERMISSION_DENIED: ({ device }) =>
    `Access to the ${device} was denied; ask the user to allow it in the browser settings, and check the permissions policy of the page.`,
  NO_DEVICE: ({ device, deviceId }) =>
    deviceId === undefined
      ? `No ${device} was found; ask the user to connect one.`
      : `No ${device} with the given deviceId was found; let the user choose one from listDevices().`,
  DEVICE_BUSY: ({ device }) =>
    `The ${device} cannot be opened; ask the user to close other programs that use it, and try again.`,
  DEVICE_LOST: () =>
    'The microphone was disconnected and no other one could be opened; ask the user to connect one, and create a new microphone.',
  CONSTRAINT_UNMET: ({ constraint }) =>
    `No microphone meets the constraint "${constraint}"; remove it, or use "ideal" instead of "exact".`,
  CONTEXT_CLOSED: ({ device }) =>
    `The AudioContext of the ${device} is closed; create a new AudioContext and a new ${device}, and close the context only after the ${device} is stopped.`,
  WORKLET_FAILED: ({ url }) =>
    url === undefined
      ? 'The browser did not load the inline worklet; if the page has a Content-Security-Policy, serve worklet.js and pass its URL as workletUrl.'
      : 'The browser did not load the worklet from workletUrl; check that the URL returns JavaScript and that script-src allows it.',
  UNSUPPORTED: ({ feature }) =>
    feature === 'setSinkId'
      ? 'This browser cannot choose the output device; call isOutputSelectable() before you offer a choice.'
      : `${feature} is not available; serve the page over https, and use a browser that supports it.`,
  STOPPED: ({ device }) => `The ${device} was stopped; create a new one.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a microphone or a speaker. */
export class DeviceError<Code extends DeviceErrorCode = DeviceErrorCode> extends RealtimeError<
  Code,
  DeviceErrorData[Code]
> {
  constructor(code: Code, data: DeviceErrorData[Code], options?: ErrorOptions) {
    super('DeviceError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link DeviceError}, optionally with a code. Narrows `data`. */
export function isDeviceError<Code extends DeviceErrorCode = DeviceErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: DeviceError<C> }[Code] {
  return isErrorOf(value, 'DeviceError', code)
}
