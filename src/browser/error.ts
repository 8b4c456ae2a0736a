import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** What each device error knows. */
export interface DeviceErrorData {
  /** The user, the browser or the page's permissions policy does not allow the device. */
  PERMISSION_DENIED: { device: 'microphone' | 'speaker' }
  /** There is no such device; `deviceId` is the one that was asked for, if one was. */
  NO_DEVICE: { device: 'microphone' | 'speaker'; deviceId: string | undefined }
  /** The device is there, and something else holds it or the system fails to open it. */
  DEVICE_BUSY: { device: 'microphone' | 'speaker' }
  /** The microphone was unplugged or taken away, and no other one could be opened. */
  DEVICE_LOST: { deviceId: string | undefined }
  /** No microphone can do what the constraints ask for; `constraint` is the one that failed. */
  CONSTRAINT_UNMET: { constraint: string }
  /** The AudioContext that the app passed is closed, or something closed the context in use. A closed context cannot be opened again. */
  CONTEXT_CLOSED: { device: 'microphone' | 'speaker' }
  /** The browser refused or could not load the script that handles sound; `url` is undefined for the inline one. */
  WORKLET_FAILED: { url: string | undefined }
  /** The runtime lacks something that is needed. */
  UNSUPPORTED: { feature: 'getUserMedia' | 'AudioWorklet' | 'setSinkId' }
  /** It was stopped while something waited for it. */
  STOPPED: { device: 'microphone' | 'speaker' }
  /** An option has a value that cannot work. */
  INVALID_OPTION: { option: string; problem: string }
}

/** Which device error it is. */
export type DeviceErrorCode = keyof DeviceErrorData

const messages: MessageTable<DeviceErrorData> = {
  PERMISSION_DENIED: ({ device }) =>
    `The ${device} is not allowed; ask the user to allow it in the settings of the browser, and check the permissions policy of the page.`,
  NO_DEVICE: ({ device, deviceId }) =>
    deviceId === undefined
      ? `There is no ${device}; ask the user to connect one.`
      : `There is no ${device} with the chosen id; let the user choose again from listDevices().`,
  DEVICE_BUSY: ({ device }) =>
    `The ${device} cannot be opened; ask the user to close other programs that use it, and try again.`,
  DEVICE_LOST: () =>
    'The microphone is gone and no other one could be opened; ask the user to connect one, and start again.',
  CONSTRAINT_UNMET: ({ constraint }) =>
    `No microphone can do what the constraint "${constraint}" asks for; drop it, or use ideal in place of exact.`,
  CONTEXT_CLOSED: ({ device }) =>
    `The AudioContext of the ${device} is closed; create a new AudioContext and a new ${device}, and close the context only after the ${device} is stopped.`,
  WORKLET_FAILED: ({ url }) =>
    url === undefined
      ? 'The browser did not load the inline worklet; if the page has a Content-Security-Policy, serve worklet.js and pass its address as workletUrl.'
      : 'The browser did not load the worklet from workletUrl; check that it answers with JavaScript and that script-src allows it.',
  UNSUPPORTED: ({ feature }) =>
    feature === 'setSinkId'
      ? 'This browser cannot choose the output device; test with isOutputSelectable() before you offer a choice.'
      : `This page has no ${feature}; serve it over https, and use a browser that has it.`,
  STOPPED: ({ device }) => `The ${device} was stopped; create a new one.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** A failure of a microphone or a speaker. */
export class DeviceError<Code extends DeviceErrorCode = DeviceErrorCode> extends RealtimeError<
  Code,
  DeviceErrorData[Code]
> {
  constructor(code: Code, data: DeviceErrorData[Code], options?: ErrorOptions) {
    super('DeviceError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link DeviceError}, of the given code if one is given; it narrows `data`. */
export function isDeviceError<Code extends DeviceErrorCode = DeviceErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: DeviceError<C> }[Code] {
  return isErrorOf(value, 'DeviceError', code)
}
