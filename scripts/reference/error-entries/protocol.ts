import type { ProtocolErrorCode } from '../../../src/protocol/error.js'
import type { ErrorClassEntry } from './entry.js'

export const protocolErrors: ErrorClassEntry<ProtocolErrorCode> = {
  module: 'realtime-primitives/protocol',
  codes: {
    INVALID_JSON: {
      when: 'A received frame is not JSON. The session emits it as `invalid` and continues.',
      fix: 'Read the raw frame in the `invalid` event. Check that the URL belongs to a Realtime API, and that no proxy changes frames.',
    },
    INVALID_EVENT: {
      when: 'An event to send does not match the protocol: `send()`, `request()`, `update()`, or another method throws, and nothing is sent. A received event of a known type has an unexpected shape: the session emits it as `invalid` and continues, unless something waits for this event.',
      fix: 'For an event to send, correct the field in `error.data.path`. For a received event, read the raw frame in the `invalid` event, and report the difference if the server is right. For a server other than OpenAI, pass its `dialect` to the transport.',
      example: `session.on('invalid', ({ type, error }) => {
  console.warn(type, error.shortMessage)
})`,
    },
  },
}
