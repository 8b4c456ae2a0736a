import type { TwilioErrorCode } from '../../../src/twilio/error.js'
import type { ErrorClassEntry } from './entry.js'

export const twilioErrors: ErrorClassEntry<TwilioErrorCode> = {
  module: 'realtime-primitives/twilio',
  codes: {
    INVALID_MESSAGE: {
      when: 'The provider sent a message that does not match the media stream protocol. The bridge emits `invalid`, and the call continues. An invalid or second `start` message ends the bridge.',
      fix: 'Check that the provider uses the dialect that you passed to `bridgeTwilio()`. `error.data.path` is the position of the difference.',
    },
    FORMAT_MISMATCH: {
      when: 'The configuration of the session has another audio format than the telephone line, so the caller would hear noise. Usually the app changed `audio.input.format` or `audio.output.format` during the call.',
      fix: 'Leave both formats to the bridge, which sets them to the format of the line.',
    },
    UNSUPPORTED_LINE: {
      when: 'The `start` message announces audio that is neither mu-law nor A-law at 8 kHz.',
      fix: 'Configure the stream at the provider for PCMU or PCMA at 8000 Hz.',
    },
    SOCKET_FAILED: {
      when: 'The socket of the provider reported an error. The bridge ends with the reason `dropped`.',
      fix: 'Read `error.cause`, and check the network between your server and the provider.',
    },
    INACTIVE: {
      when: 'The provider sent no message for `inactivityTimeoutMs` (60 s by default). The bridge ends with the reason `dropped`.',
      fix: 'Check the connection to the provider. Raise `inactivityTimeoutMs` if the provider sends nothing while the caller is silent or on hold.',
    },
    START_TIMEOUT: {
      when: 'A client opened the socket and sent no `start` message within `startTimeoutMs` (10 s by default).',
      fix: 'Check that the client is a media stream of the dialect that you passed, and that `bridgeTwilio()` is called in the tick in which the socket opens: messages that arrive earlier are lost.',
    },
    INVALID_OPTION: {
      when: '`bridgeTwilio()` was called with an invalid option, or with a socket that it cannot use.',
      fix: 'Correct the option that the message names. For Bun, pass `bunSockets()` to `Bun.serve`. See [Twilio](../../twilio.md).',
    },
  },
}
