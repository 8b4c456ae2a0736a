import { isSessionError, isTransportError } from 'realtime-primitives'
import { isDeviceError } from 'realtime-primitives/browser'
import type { SecretResult } from '../shared/bridge.js'

type SecretProblem = Extract<SecretResult, { readonly problem: string }>['problem']

const secretProblems: Readonly<Record<SecretProblem, string>> = {
  'no-key': 'Enter an API key first.',
  'key-rejected': 'The service rejected the API key. Enter another one.',
  'rate-limited': 'The service has too many requests of this key. Try again in a minute.',
  unreachable: 'The service cannot be reached. Check the network, then call again.',
  failed: 'The service created no client secret. The log of the main process has the reason.',
}

/** Returns the client secret, or throws an error whose message is for users. */
export function secretOf(result: SecretResult): string {
  if ('value' in result) return result.value
  throw new Error(secretProblems[result.problem])
}

/** Returns what happened and what to do, as a sentence for users. */
export function sentenceOf(error: unknown): string {
  if (isDeviceError(error, 'PERMISSION_DENIED'))
    return 'The system does not let this app use the microphone. Allow it in the privacy settings of the system, then call again.'
  if (isDeviceError(error, 'NO_DEVICE')) return 'There is no microphone. Connect one, then call again.'
  if (isDeviceError(error, 'DEVICE_BUSY'))
    return 'Another program uses the microphone. Close it there, then call again.'
  if (isDeviceError(error, 'DEVICE_LOST')) return 'The microphone was disconnected. Connect one, then call again.'
  if (isSessionError(error, 'SERVER_ERROR') && error.data.error.code === 'input_audio_buffer_commit_empty')
    return 'That was too short. Hold the button for as long as you talk.'
  if (isTransportError(error) || isSessionError(error, 'TIMEOUT'))
    return 'The service cannot be reached. Check the network, then call again.'
  if (isSessionError(error, 'EXPIRED')) return 'The call reached the time limit of the service. Call again.'
  return error instanceof Error ? error.message : 'Something went wrong. Call again.'
}
