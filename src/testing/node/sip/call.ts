import type { Clock } from '../../../internal/clock.js'
import { createDeferred } from '../../../internal/deferred.js'
import { TransportError } from '../../../transports/error.js'
import type { AnsweredCall } from '../../emulator/emulator.js'
import type { SoundEnds } from '../../emulator/session.js'
import { carry } from './carry.js'
import { createPhoneSound, type SipEnd, type SipPhone, type SipState } from './phone.js'
import { silentTransport } from './silent-transport.js'

/** A SIP call, as the platform sees it. */
export interface SipCall {
  readonly phone: SipPhone
  /** Answers it: the session begins, and sound flows. */
  answer(call: AnsweredCall): Promise<void>
  end(how: SipEnd): void
  /** Notes how a delivery of its webhook was answered. */
  noteDelivery(status: number): void
}

/** What a call needs. */
export interface SipCallOptions {
  readonly callId: string
  readonly clock: Clock
  /** How long it rings before the caller gives up, in milliseconds. */
  readonly ringMs: number
  readonly onEnd: () => void
}

/** A call that begins to ring. */
export function createSipCall({ callId, clock, ringMs, onEnd }: SipCallOptions): SipCall {
  const { promise: ended, resolve: settle } = createDeferred<SipEnd>()
  const sound = createPhoneSound()
  const { look } = sound
  const deliveries: number[] = []
  const transport = silentTransport()
  let state: SipState = 'ringing'
  let answered: AnsweredCall | undefined
  let ends: SoundEnds | undefined
  let stopSound = () => {}
  let isOver = false
  const stopRinging = clock.after(ringMs, () => end({ state: 'timed-out' }))

  function end(how: SipEnd): void {
    if (isOver) return
    isOver = true
    state = how.state
    stopRinging()
    stopSound()
    onEnd()
    void transport.close(how.state === 'ended' && how.by === 'service' ? 1001 : 1000, '')
    answered?.end()
    sound.finish()
    settle(how)
  }

  transport.on('close', () => end({ state: 'ended', by: 'service' }))

  const phone: SipPhone = {
    callId,
    ended,
    deliveries,
    say: sound.say,
    heard: sound.heard,
    said: sound.said,
    waitFor: sound.waitFor,
    get state() {
      return state
    },
    get playedMs() {
      return sound.playedMs
    },
    press(key) {
      if (!/^[0-9*#A-D]$/.test(key))
        throw new TransportError('INVALID_OPTION', { option: 'key', problem: 'must be one of 0 to 9, *, # and A to D' })
      if (!ends || isOver) throw new TransportError('NOT_OPEN', { state: isOver ? 'closed' : 'opening' })
      ends.press(key)
    },
    hangUp: () => end({ state: 'ended', by: 'caller' }),
  }

  return {
    phone,
    end,
    noteDelivery: (status) => void deliveries.push(status),
    async answer(call) {
      stopRinging()
      answered = call
      state = 'accepted'
      look()
      // Whoever waited for that may have hung up.
      if (isOver) return
      await call.hold(transport, (soundEnds) => {
        ends = soundEnds
        stopSound = carry(clock, sound.handset, soundEnds)
        state = 'active'
        look()
      })
    },
  }
}
