import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Data of a {@link DeviceError} by code. */
export interface DeviceErrorData {
  /** The user, the browser, or the permissions policy of the page does not allow access to the device. */
  PERMISSION_DENIED: {
    /** Kind of device. */
    device: 'microphone' | 'speaker'
  }
  /** The device does not exist. */
  NO_DEVICE: {
    /** Kind of device. */
    device: 'microphone' | 'speaker'
    /** Id of the requested device, if one was requested. */
    deviceId: string | undefined
  }
  /** The device is used by another program, or the operating system cannot open it. */
  DEVICE_BUSY: {
    /** Kind of device. */
    device: 'microphone' | 'speaker'
  }
  /** The microphone was disconnected, and no other one could be opened. */
  DEVICE_LOST: {
    /** Id of the microphone, if it was known. */
    deviceId: string | undefined
  }
  /** No microphone meets the constraints. */
  CONSTRAINT_UNMET: {
    /** Name of the constraint that failed. Empty if the browser does not report it. */
    constraint: string
  }
  /** The AudioContext is closed. A closed context cannot be used again. */
  CONTEXT_CLOSED: {
    /** Kind of device. */
    device: 'microphone' | 'speaker'
  }
  /** The browser did not load the audio worklet. */
  WORKLET_FAILED: {
    /** URL of the worklet. `undefined` for the inline script. */
    url: string | undefined
  }
  /** The browser or the page lacks a required feature. */
  UNSUPPORTED: {
    /** The missing feature. */
    feature: 'getUserMedia' | 'AudioWorklet' | 'setSinkId'
  }
  /** The microphone or speaker is stopped. */
  STOPPED: {
    /** Kind of device. */
    device: 'microphone' | 'speaker'
  }
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be at least 10 ms, not 0`. */
    problem: string
  }
}

/** Codes of {@link DeviceError}. */
export type DeviceErrorCode = keyof DeviceErrorData

const messages: MessageTable<DeviceErrorData> = {
  PERMISSION_DENIED: ({ device }) =>
    `Access to the ${device} was denied. Ask the user to allow it in the browser settings, and check the permissions policy of the page.`,
  NO_DEVICE: ({ device, deviceId }) =>
    deviceId === undefined
      ? `No ${device} was found. Ask the user to connect one.`
      : `No ${device} with the given deviceId was found. Let the user choose one from listDevices().`,
  DEVICE_BUSY: ({ device }) =>
    `The ${device} cannot be opened. Ask the user to close other programs that use it, and try again.`,
  DEVICE_LOST: () =>
    'The microphone was disconnected, and no other one could be opened. Ask the user to connect one, and create a new microphone.',
  CONSTRAINT_UNMET: ({ constraint }) =>
    constraint === ''
      ? 'No microphone meets the constraints. Remove some, or use "ideal" instead of "exact".'
      : `No microphone meets the constraint "${constraint}". Remove it, or use "ideal" instead of "exact".`,
  CONTEXT_CLOSED: ({ device }) =>
    `The AudioContext of the ${device} is closed. Create a new AudioContext and a new ${device}, and stop the ${device} before you close its context.`,
  WORKLET_FAILED: ({ url }) =>
    url === undefined
      ? 'The browser did not load the inline worklet. If the page has a Content-Security-Policy, serve worklet.js and pass its URL as workletUrl.'
      : 'The browser did not load the worklet from workletUrl. Check that the URL returns JavaScript and that script-src allows it.',
  UNSUPPORTED: ({ feature }) =>
    feature === 'setSinkId'
      ? 'This browser cannot select an output device. Call isOutputSelectable() before you offer a choice.'
      : `${feature} is not available. Serve the page over HTTPS, and use a browser that supports it.`,
  STOPPED: ({ device }) => `The ${device} is stopped. Create a new one.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a microphone or a speaker. */
export class DeviceError<
  Code extends DeviceErrorCode = DeviceErrorCode,
> extends /* @__PURE__ */ defineErrors<DeviceErrorData>('DeviceError', messages)<Code> {}

/**
 * Returns whether a value is a {@link DeviceError}, optionally with a code. Narrows `data`.
 *
 * @example
 * ```ts
 * microphone.start().catch((error: unknown) => {
 *   if (isDeviceError(error, 'PERMISSION_DENIED')) showHint('Allow the microphone in the address bar.')
 * })
 * ```
 */
export function isDeviceError<Code extends DeviceErrorCode = DeviceErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: DeviceError<C> }[Code] {
  return isErrorOf(value, 'DeviceError', code)
}
