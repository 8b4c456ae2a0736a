import type { Clock } from 'realtime-primitives'
import type { SipPhone } from 'realtime-primitives/testing/node'
import type { Sentence } from '../voice-agent-twilio/caller.js'

/**
 * Runs the caller's side of the call.
 * @returns how much of the third response was played before the interruption, in milliseconds
 */
export async function talk(phone: SipPhone, sentences: readonly Sentence[], clock: Clock): Promise<number> {
  const say = (index: number) => phone.say(sentences[index]?.muLaw ?? new Uint8Array())

  await phone.waitFor(() => phone.state === 'active')
  await listen(phone, clock) // the greeting
  await say(0)
  await listen(phone, clock)
  await say(1)
  await listen(phone, clock)
  await say(2)
  const before = phone.playedMs
  await phone.waitFor(() => phone.playedMs > before)
  const since = clock.now()
  await phone.waitFor(() => clock.now() - since > 1_000)
  const cutting = say(3)
  const playedMs = (await untilQuiet(phone, clock)) - since
  await cutting
  await listen(phone, clock)
  phone.press('5')
  await phone.ended
  return playedMs
}

/** Waits for a response and for the silence after it. */
async function listen(phone: SipPhone, clock: Clock): Promise<void> {
  const before = phone.playedMs
  const since = clock.now()
  await phone.waitFor(() => {
    if (phone.playedMs === before && clock.now() - since > 15_000) throw new Error('Nobody answers.')
    return phone.playedMs > before
  })
  await untilQuiet(phone, clock)
}

/**
 * Waits for 700 ms of silence.
 * @returns the time on the clock at which the audio before it ended
 */
async function untilQuiet(phone: SipPhone, clock: Clock): Promise<number> {
  let last = phone.playedMs
  let since = clock.now()
  await phone.waitFor(() => {
    if (phone.playedMs > last) {
      last = phone.playedMs
      since = clock.now()
    }
    return clock.now() - since > 700
  })
  return since
}
