import type { HttpErrorCode } from '../../../src/server/error.js'
import type { ErrorClassEntry } from './entry.js'

export const httpErrors: ErrorClassEntry<HttpErrorCode> = {
  module: 'realtime-primitives/server',
  codes: {
    STATUS: {
      when: 'The API returned an error status. For temporary statuses, all retries failed too. The message of the API is left out, because it can repeat what you sent.',
      fix: 'Read `status`, `code`, and `param`. 401: check the API key. 404 for a call: the call has ended. 429: wait `retryAfterMs`, or check the quota. Give `requestId` to support.',
      example: `import { isHttpError } from 'realtime-primitives/server'

function isCallOver(error: unknown): boolean {
  return isHttpError(error, 'STATUS') && error.data.status === 404
}`,
    },
    NETWORK: {
      when: 'The request could not be sent, or the connection was interrupted before the response was complete. All retries failed too.',
      fix: 'Check `baseUrl`, DNS, proxies, and the network. `error.data.reason` is the error code of the runtime.',
    },
    TIMEOUT: {
      when: 'The response was not complete within `timeoutMs` (30 s by default), including retries.',
      fix: 'Check the network, or raise `timeoutMs`. The request may have had an effect.',
    },
    REDIRECTED: {
      when: 'The server returned a redirect. Requests contain credentials, so redirects are not followed.',
      fix: 'Set `baseUrl` to the final URL of the API.',
    },
    INVALID_ANSWER: {
      when: 'The server returned a success status, but the body does not match the API. Usually `baseUrl` is the URL of another service.',
      fix: 'Check `baseUrl`. `error.data.path` is the position of the difference.',
    },
    INVALID_OPTION: {
      when: 'An option or a field of the request is missing or invalid. Nothing was sent.',
      fix: 'Correct the option that the message names, such as `session.audio.output.speed`.',
    },
    KEY_EXPOSED: {
      when: 'A function that needs a standard API key was called in a browser. Nothing was sent.',
      fix: 'Call the function on your server, and return only the client secret to the page. See [server](../../server.md).',
    },
  },
}
