import type { Clock } from 'realtime-primitives'
import type { SipPhone } from 'realtime-primitives/testing/node'
import type { Sentence } from '../voice-agent-twilio/caller.js'

/** What the caller does once somebody is on the line. @returns how long the third answer was heard before the line fell silent, in milliseconds */
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

/** Listens to an answer until it has been quiet for a while. */
async function listen(phone: SipPhone, clock: Clock): Promise<void> {
  const before = phone.playedMs
  const since = clock.now()
  await phone.waitFor(() => {
    if (phone.playedMs === before && clock.now() - since > 15_000) throw new Error('Nobody answers.')
    return phone.playedMs > before
  })
  await untilQuiet(phone, clock)
}

/** Waits until nothing was heard for 700 ms. @returns when the last of it was heard, as the clock counts */
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
