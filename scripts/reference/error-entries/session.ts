import type { SessionErrorCode } from '../../../src/session/error.js'
import type { ErrorClassEntry } from './entry.js'

export const sessionErrors: ErrorClassEntry<SessionErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    SERVER_ERROR: {
      when: 'The server responds to an event with an `error` event that contains its `event_id`: the promise of that request rejects. It is also the reason why `connect()` rejects when the server refuses the API key, the model, or the configuration.',
      fix: 'Read `error.data.error`: `code` and `param` name the cause, and `message` describes it. Correct the event. See [errors of the server](../../../PROTOCOL.md#errors).',
      example: `import { isSessionError } from 'realtime-primitives'

try {
  await session.update({ instructions: 'Be brief.' })
} catch (error) {
  if (!isSessionError(error, 'SERVER_ERROR')) throw error
  console.error(error.data.error.code, error.data.error.message)
}`,
    },
    RESPONSE_FAILED: {
      when: "`done` of a response resolves with `status: 'failed'` and this error: the server ended the response with the status `failed`, sent an invalid `response.done`, or sent no event of the response for `responseTimeoutMs`.",
      fix: 'Read `error.data.response.status_details`. If there is no response, `error.cause` has the reason. Request a new response for a temporary failure of the server. For `insufficient_quota` or `rate_limit_exceeded`, check your quota first.',
      example: `const outcome = await session.respond().done
if (outcome.status === 'failed') console.error(outcome.error.shortMessage)`,
    },
    TIMEOUT: {
      when: '`connect()` took longer than `connectTimeoutMs` (15 s by default), the server did not acknowledge a request or create a response within `requestTimeoutMs` (10 s), or a running response had no events for `responseTimeoutMs` (120 s).',
      fix: 'Read `error.data.waitingFor`. For `a connection`, check the URL, the API key, and the network; `lastFailure` and `error.cause` describe the last attempt. For anything else, check whether the connection is slow, or pass a longer `timeoutMs` to the call.',
      example: `import { isSessionError } from 'realtime-primitives'

try {
  await session.connect()
} catch (error) {
  if (!isSessionError(error, 'TIMEOUT')) throw error
  console.error(\`No \${error.data.waitingFor} within \${error.data.timeoutMs} ms: \${error.data.lastFailure ?? 'unknown reason'}\`)
}`,
    },
    EXPIRED: {
      when: 'The server closed the session, because it reached the maximum duration. Pending operations reject with this error, or have it as their cause.',
      fix: 'Create a new session. Pass `snapshot(session)` to it to keep the conversation. With a `reconnecting()` transport the session moves to a new connection before it expires; see [sessions](../../session.md).',
    },
    CLOSED: {
      when: 'A method was called after `close()`, or the session was closed while the operation was pending. The cause is the error that closed the session, if there was one.',
      fix: 'Create a new session to continue. Ignore the error if your code closed the session on purpose.',
    },
    NOT_CONNECTED: {
      when: 'An event was sent, or a feature was started, before `connect()` was called, after it failed, or before it resolved.',
      fix: 'Await `session.connect()` first.',
      example: `await session.connect()
session.respond()`,
    },
    MEDIA_TRANSPORT: {
      when: '`session.audio.append()` was called with a WebRTC transport. The microphone track carries the audio there, and the server ignores audio in events.',
      fix: 'Pass the microphone to `webRTC()`, or use `webSocket()` to send audio in events.',
    },
    CONNECTION_LOST: {
      when: 'The connection was lost before the server acknowledged an event, and the event cannot be sent again on a new connection, because it refers to something that the new connection does not have. `finish()` rejects with it after repeated losses.',
      fix: 'Read the state of the session, and repeat the request if it is still needed.',
    },
    RESPONSE_ACTIVE: {
      when: "`respond()` was called with `whenBusy: 'reject'` while another response was running in the conversation.",
      fix: "Wait for the running response, cancel it, or pass `whenBusy: 'queue'` or `'interrupt'`.",
    },
    INVALID_OPTION: {
      when: '`createSession()` or a similar function was called without a transport, or with an object that is not a transport.',
      fix: 'Pass the option that the message names.',
      example: `import { createSession, webSocket } from 'realtime-primitives'

const created = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })`,
    },
    INVALID_SNAPSHOT: {
      when: '`createSession({ snapshot })` received a value that `snapshot()` did not return, or that was changed or stored incompletely.',
      fix: 'Pass the parsed JSON of a complete snapshot. Start a session without a snapshot if the stored one is damaged.',
    },
    OVERFLOW: {
      when: 'A `for await` loop over `session.events()` is more than `limit` events behind (10,000 by default), or a loop over the output of a response is more than `maxWaitingBytes` behind.',
      fix: "Do slow work outside the loop, or raise the limit. For output where old data is useless, pass `whenFull: 'drop'`.",
    },
  },
}
