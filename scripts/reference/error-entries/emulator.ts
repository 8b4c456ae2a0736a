import type { EmulatorErrorCode } from '../../../src/testing/emulator/error.js'
import type { ErrorClassEntry } from './entry.js'

export const emulatorErrors: ErrorClassEntry<EmulatorErrorCode> = {
  module: 'realtime-primitives/testing',
  codes: {
    INVALID_OPTION: {
      when: 'An option of `createEmulator` or `serve`, a script, a fault, or an event to send has an unknown key or an invalid value. A script that a function returns makes the response fail with `script_error` instead.',
      fix: 'Correct the value that the message names. `data.option` is its path, `data.allowed` what is allowed, and `data.suggestion` the most similar key or value.',
      example: `import { createEmulator, isEmulatorError } from 'realtime-primitives/testing'

const script = JSON.parse('[{ "step": "sing" }]')
try {
  createEmulator({ script })
} catch (error) {
  if (isEmulatorError(error, 'INVALID_OPTION')) console.error(error.data.option, error.data.allowed)
}`,
    },
    UNKNOWN_SESSION: {
      when: '`emulator.inject` selects a session that does not exist, or whose journal was removed by `reset` or after 100 later sessions have closed.',
      fix: 'Use an `id` of `emulator.sessions`.',
    },
    SESSION_CLOSED: {
      when: 'A fault or an event is for a session that has ended.',
      fix: 'Select a session whose `state` is not `closed`. The journal of a closed session stays readable.',
    },
  },
}
