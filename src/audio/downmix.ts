import { commonLength } from './channels.js'
import { AudioError } from './error.js'

/**
 * Returns the mean of all channels as a new channel. It cannot clip.
 * @throws {@link AudioError} INVALID_OPTION when there is no channel, or the lengths differ.
 *
 * @example
 * ```ts
 * const mono = downmix(readWav(file).channels)
 * ```
 */
export function downmix(channels: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  if (channels.length === 0) {
    throw new AudioError('INVALID_OPTION', { option: 'channels', problem: 'must contain at least one channel' })
  }
  const mono = new Float32Array(commonLength(channels))
  for (let index = 0; index < mono.length; index++) {
    let sum = 0
    for (const channel of channels) sum += channel[index] as number
    mono[index] = sum / channels.length
  }
  return mono
}
