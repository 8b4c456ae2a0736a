/** Returns whether a request that got this HTTP status may succeed later. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status <= 599)
}

/** Returns what an HTTP status means and what to do, as part of a sentence, or `undefined` for a status without general advice. */
export function statusAdvice(status: number): string | undefined {
  // Browsers report 0 for a redirect that was not followed.
  if (status === 0 || (status >= 300 && status < 400))
    return 'the server redirects, and credentials do not follow a redirect; use the final URL'
  if (status === 401) return 'the API key was rejected, or the client secret was used or has expired; check apiKey'
  if (status === 403) return 'the API key has no access to this endpoint; check its project and permissions'
  if (status === 404) return 'the endpoint does not exist; check baseUrl or url'
  if (status === 429) return 'too many requests, or the quota is used up; wait, or check the quota'
  if (status >= 500) return 'the server failed; try again'
  return undefined
}

/** Returns what an HTTP status of `/realtime/calls` means and what to do, as part of a sentence. */
export function callsStatusAdvice(status: number): string {
  return statusAdvice(status) ?? 'the server refused the call; check session and apiKey'
}
