import { isRealtimeError, isSessionError, isTransportError } from 'realtime-primitives'
import { isDeviceError } from 'realtime-primitives/browser'

/** Returns a message for the user: what to do, without technical details. */
export function sentenceOf(error: unknown): string {
  if (isDeviceError(error, 'PERMISSION_DENIED'))
    return `The browser does not let this page use the ${error.data.device}. Allow it beside the address, then connect again.`
  if (isDeviceError(error, 'NO_DEVICE'))
    return `There is no such ${error.data.device}. Plug one in, or choose another one.`
  if (isDeviceError(error, 'DEVICE_BUSY'))
    return `Another program holds the ${error.data.device}. Close it there, then connect again.`
  if (isDeviceError(error, 'DEVICE_LOST')) return 'The microphone is gone. Plug one in, then connect again.'
  if (isTransportError(error, 'CONNECT_TIMEOUT'))
    return 'The service did not respond in time. Check the network, or try the other transport.'
  if (isTransportError(error, 'CONNECT_FAILED'))
    return error.data.status === undefined
      ? 'The service cannot be reached. Check the network, or try the other transport.'
      : `The service refused the call (HTTP ${error.data.status}).`
  if (isTransportError(error, 'SIGNALING_FAILED')) return 'WebRTC could not connect. Try WebSocket.'
  if (isTransportError(error, 'RECONNECT_EXHAUSTED'))
    return 'The connection is lost, and reconnecting failed. Check the network, then connect again.'
  if (isSessionError(error, 'EXPIRED'))
    return 'The call reached the time limit of the service. Connect again to continue.'
  if (isSessionError(error, 'SERVER_ERROR')) return `The service reported an error: ${error.data.error.message}`
  if (isRealtimeError(error)) return error.shortMessage
  return error instanceof Error ? error.message : 'Something went wrong. Connect again.'
}
