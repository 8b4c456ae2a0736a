import { decodeMuLaw, encodeMuLaw } from '../../audio/g711.js'
import type { Telephone } from '../telephone/telephone.js'
import { type CallerLine, createPlaybackQueue } from './line.js'
import { createNarrower, createWidener } from './session-line.js'

/** Bytes of a telephone per millisecond. */
const bytesPerMs = 8

/**
 * Connects a caller to a simulated telephone, whose call arrives as a Twilio media stream.
 * @example
 * ```ts
 * const telephone = createTelephone(socket)
 * telephone.call()
 * await caller.call(telephoneLine(telephone))
 * ```
 */
export function telephoneLine(telephone: Telephone): CallerLine {
  const queue = createPlaybackQueue<undefined>()
  const narrow = createNarrower()
  const widen = createWidener()
  let rest = new Int16Array(0)
  let playedMs = 0

  return {
    get isOpen() {
      return !telephone.isOver
    },
    send(pcm) {
      const samples = narrow(pcm)
      const pending = new Int16Array(rest.length + samples.length)
      pending.set(rest)
      pending.set(samples, rest.length)
      // The telephone fills up frames of 20 ms with silence, so only whole frames are passed.
      const whole = pending.length - (pending.length % (20 * bytesPerMs))
      rest = pending.slice(whole)
      void telephone.say(encodeMuLaw(pending.subarray(0, whole)))
    },
    receive(count) {
      const played = telephone.played(playedMs)
      playedMs += played.length / bytesPerMs
      queue.add(widen(decodeMuLaw(played)), undefined)
      return queue.take(count)
    },
    stop() {},
  }
}
