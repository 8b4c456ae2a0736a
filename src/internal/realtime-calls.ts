/** Path of the calls endpoint below the base URL (PROTOCOL.md, "WebRTC"). */
export const callsPath = 'realtime/calls'

/** Returns whether a value is an SDP offer or answer. */
export function isSdp(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('v=0')
}

/** Returns the call id (`rtc_…`) in a `Location` header, which is a path such as `/v1/realtime/calls/rtc_…` or a full URL. */
export function callIdFromLocation(location: string | null | undefined): string | undefined {
  const id = /\/calls\/([^/?#\s]+)\/?(?:[?#].*)?$/.exec(location ?? '')?.[1]
  try {
    return id === undefined ? undefined : decodeURIComponent(id)
  } catch {
    return undefined
  }
}

/**
 * Returns the code, or else the type, of the API error in a parsed response body. The message of the error is ignored, because it may quote
 * the key or the offer. So is a code that is not an identifier.
 */
export function apiErrorCode(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { code?: unknown; type?: unknown } | null }
  return [error?.code, error?.type].find(
    (code): code is string => typeof code === 'string' && /^[a-z][a-z_]{0,63}$/.test(code),
  )
}
