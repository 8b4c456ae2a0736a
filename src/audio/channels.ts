import { AudioError } from './error.js'

/**
 * Returns the common length of all channels, in samples.
 * @throws {@link AudioError} INVALID_OPTION when they differ.
 */
export function commonLength(channels: readonly ArrayLike<number>[]): number {
  const length = channels[0]?.length ?? 0
  const other = channels.find((channel) => channel.length !== length)
  if (!other) return length
  throw new AudioError('INVALID_OPTION', {
    option: 'channels',
    problem: `must all have the same length, not ${length} and ${other.length} samples`,
  })
}
