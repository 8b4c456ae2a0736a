import type { Clock } from '../../../internal/clock.js'
import { createDeferred } from '../../../internal/deferred.js'
import { TransportError } from '../../../transports/error.js'
import type { AnsweredCall } from '../../emulator/emulator.js'
import type { CallAudio } from '../../emulator/session.js'
import { pumpAudio } from './audio-pump.js'
import { createPhoneAudio, type SipEnd, type SipPhone, type SipState } from './phone.js'
import { silentTransport } from './silent-transport.js'

/** A SIP call, from the side of the platform. */
export interface SipCall {
  readonly phone: SipPhone
  /** Accepts the call, starts the session, and connects the audio. */
  answer(call: AnsweredCall): Promise<void>
  end(how: SipEnd): void
  /** Records the HTTP status of a webhook delivery. */
  recordDelivery(status: number): void
}

/** Options of {@link createSipCall}. */
export interface SipCallOptions {
  readonly callId: string
  readonly clock: Clock
  /** How long the call rings before it times out, in milliseconds. */
  readonly ringMs: number
  readonly onEnd: () => void
}

/** Creates a ringing call. */
export function createSipCall({ callId, clock, ringMs, onEnd }: SipCallOptions): SipCall {
  const { promise: ended, resolve: settle } = createDeferred<SipEnd>()
  const audio = createPhoneAudio()
  const { checkConditions } = audio
  const deliveries: number[] = []
  const transport = silentTransport()
  let state: SipState = 'ringing'
  let answered: AnsweredCall | undefined
  let ends: CallAudio | undefined
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
    audio.finish()
    settle(how)
  }

  transport.on('close', () => end({ state: 'ended', by: 'service' }))

  const phone: SipPhone = {
    callId,
    ended,
    deliveries,
    say: audio.say,
    played: audio.played,
    sent: audio.sent,
    waitFor: audio.waitFor,
    get state() {
      return state
    },
    get playedMs() {
      return audio.playedMs
    },
    press(key) {
      if (!/^[0-9*#A-D]$/.test(key))
        throw new TransportError('INVALID_OPTION', { option: 'key', problem: 'must be one of 0 to 9, *, # and A to D' })
      if (!ends || isOver) throw new TransportError('NOT_OPEN', { state: isOver ? 'closed' : 'opening' })
      ends.sendDtmf(key)
    },
    hangUp: () => end({ state: 'ended', by: 'caller' }),
  }

  return {
    phone,
    end,
    recordDelivery: (status) => void deliveries.push(status),
    async answer(call) {
      stopRinging()
      answered = call
      state = 'accepted'
      checkConditions()
      // A callback that waited for the call to be accepted may have ended it.
      if (isOver) return
      await call.attach(transport, (soundEnds) => {
        ends = soundEnds
        stopSound = pumpAudio(clock, audio.handset, soundEnds)
        state = 'active'
        checkConditions()
      })
    },
  }
}
