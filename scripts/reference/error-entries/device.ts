import type { DeviceErrorCode } from '../../../src/browser/error.js'
import type { ErrorClassEntry } from './entry.js'

export const deviceErrors: ErrorClassEntry<DeviceErrorCode> = {
  module: 'realtime-primitives/browser',
  codes: {
    PERMISSION_DENIED: {
      when: 'The user denied access to the microphone, the browser blocks it for this site, or the `Permissions-Policy` of the page or its iframe does not allow it.',
      fix: 'Ask the user to allow access in the settings of the browser. For an iframe, set `allow="microphone"`.',
      example: `import { createMicrophone, isDeviceError } from 'realtime-primitives/browser'

const microphone = createMicrophone()
try {
  await microphone.start()
} catch (error) {
  if (!isDeviceError(error, 'PERMISSION_DENIED')) throw error
  alert('Allow the microphone in the settings of your browser, then try again.')
}`,
    },
    NO_DEVICE: {
      when: 'There is no microphone or speaker, or none with the requested `deviceId`, for example because it was unplugged.',
      fix: 'Ask the user to connect a device, or to choose one from `listDevices()`.',
    },
    DEVICE_BUSY: {
      when: 'The browser has permission, but the operating system cannot open the device. Usually another program uses it.',
      fix: 'Ask the user to close other programs that use the device, and try again.',
    },
    DEVICE_LOST: {
      when: 'The microphone was disconnected while it was running, and the default microphone could not be opened in its place. Emitted as `error`; the microphone is stopped.',
      fix: 'Ask the user to connect a microphone, and create a new one with `createMicrophone()`.',
    },
    CONSTRAINT_UNMET: {
      when: 'A constraint with `exact`, `min`, or `max` excludes all microphones.',
      fix: 'Remove the constraint, or use `ideal`.',
    },
    CONTEXT_CLOSED: {
      when: 'The `AudioContext` that was passed is closed, or was closed while the microphone or speaker was running.',
      fix: 'Create a new `AudioContext` and a new microphone or speaker. Stop the microphone or speaker before you close its context.',
    },
    WORKLET_FAILED: {
      when: 'The browser could not load the audio worklet. Usually a Content-Security-Policy forbids `blob:` scripts, or `workletUrl` does not return JavaScript.',
      fix: 'Serve `realtime-primitives/browser/worklet.js` from your site, pass its URL as `workletUrl`, and allow the URL in `script-src`.',
    },
    UNSUPPORTED: {
      when: 'The page is not in a secure context (HTTPS or localhost), or the browser has no `getUserMedia`, `AudioWorklet`, or `setSinkId`.',
      fix: 'Serve the page over HTTPS. Call `isOutputSelectable()` before you offer a choice of speakers.',
    },
    STOPPED: {
      when: 'A method was called after `stop()`, or `stop()` was called while the method was running.',
      fix: 'Create a new microphone or speaker.',
    },
    INVALID_OPTION: {
      when: 'An option of the microphone, the speaker, or `captureInto()` has an invalid value.',
      fix: 'Correct the option that the message names. See [browser audio](../../browser.md) for all options.',
    },
  },
}
