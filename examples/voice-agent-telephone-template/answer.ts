import { type Clock, createSession, type RealtimeSession, type Transport } from 'realtime-primitives'
import { bridgeTwilio, type TwilioSocket } from 'realtime-primitives/twilio'
import { type Calendar, config, greeting, runAgent } from './agent.js'

export interface AnswerOptions {
  readonly transport: Transport
  readonly calendar: Calendar
  /** Writes to the log. It gets no words of the caller. */
  readonly print: (line: string) => void
  /** Returns whether a call may be answered. Called with the parameters of the TwiML. */
  readonly isAllowed?: (parameters: Readonly<Record<string, string>>) => boolean
  readonly clock?: Clock
}

/** Answers a call. Call it in the tick in which the socket opens, because Twilio sends its first messages at once. */
export function answer(socket: TwilioSocket, options: AnswerOptions): RealtimeSession {
  const { transport, calendar, print, isAllowed = () => true, clock } = options
  const session = createSession({ transport, config, ...(clock && { clock }) })
  runAgent(session, calendar)
  const bridge = bridgeTwilio(socket, session)
  bridge.on('start', ({ customParameters }) => {
    if (!isAllowed(customParameters)) void session.close()
  })
  bridge.on('ready', () => {
    print('call: answered')
    session.respond({ instructions: greeting })
  })
  bridge.on('dtmf', async ({ digit }) => {
    const text = `The caller pressed the key ${digit}.`
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
    session.respond()
  })
  bridge.on('stop', ({ reason, error }) => print(`call: ended, ${reason}${error === undefined ? '' : ` (${error})`}`))
  return session
}
