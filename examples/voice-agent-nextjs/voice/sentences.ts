import { isRealtimeError, isSessionError, isTransportError } from 'realtime-primitives'
import { isDeviceError } from 'realtime-primitives/browser'

/** Returns a message for the user: what to do, without technical details. */
export function sentenceOf(error: unknown): string {
  if (isDeviceError(error, 'PERMISSION_DENIED'))
    return 'The browser does not let this page use the microphone. Allow it beside the address, then call again.'
  if (isDeviceError(error, 'NO_DEVICE')) return 'There is no microphone. Plug one in, then call again.'
  if (isDeviceError(error, 'DEVICE_BUSY'))
    return 'Another program holds the microphone. Close it there, then call again.'
  if (isDeviceError(error, 'DEVICE_LOST')) return 'The microphone is gone. Plug one in, then call again.'
  if (isTransportError(error) || isSessionError(error, 'TIMEOUT'))
    return 'The service cannot be reached. Check the network, then call again.'
  if (isSessionError(error, 'EXPIRED')) return 'The call reached the time limit of the service. Call again to continue.'
  if (isRealtimeError(error)) return 'The service refused the call. Call again.'
  return error instanceof Error ? error.message : 'Something went wrong. Call again.'
}
