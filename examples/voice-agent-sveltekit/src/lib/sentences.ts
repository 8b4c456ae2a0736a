import { isSessionError, isTransportError } from 'realtime-primitives'
import { isDeviceError } from 'realtime-primitives/browser'

/** Returns a message for the user: what to do, without technical details. */
export function sentenceOf(error: unknown): string {
  if (isDeviceError(error, 'PERMISSION_DENIED'))
    return 'The browser does not let this page use the microphone. Allow it beside the address, then start again.'
  if (isDeviceError(error, 'NO_DEVICE') || isDeviceError(error, 'DEVICE_LOST'))
    return `There is no ${isDeviceError(error, 'NO_DEVICE') ? error.data.device : 'microphone'}. Plug one in, then start again.`
  if (isDeviceError(error, 'DEVICE_BUSY')) return 'Another program holds the microphone. Close it, then start again.'
  if (isTransportError(error, 'CONNECT_FAILED') && error.data.url === '/client-secret')
    return 'Our server cannot put you through to the agent just now.'
  // fetch throws a TypeError when there is no way to the server.
  if (isTransportError(error) || isSessionError(error, 'TIMEOUT') || error instanceof TypeError)
    return 'The agent cannot be reached. Check your network.'
  if (isSessionError(error, 'EXPIRED'))
    return 'This conversation took an hour, which is the most. Start again to go on.'
  if (isSessionError(error, 'SERVER_ERROR')) return `The service reported an error: ${error.data.error.message}`
  return 'The conversation broke off. Start again.'
}
