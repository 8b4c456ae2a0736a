import { isSessionError } from '../../../src/session/error.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import type { ResponseOutcome } from '../../../src/session/responses/outcome.js'
import type { Environment } from '../world.js'

/** Time in which a response that a lost connection has ended is requested again, in milliseconds. */
const repeatMs = 3_000

/** Checks of responses that features request. */
export interface RequestLaws {
  /** A response that a feature has requested is settled. */
  settled(handle: ResponseHandle, outcome: ResponseOutcome): void
}

/** What a feature owes to the user survives a lost connection: its response is requested again when the session is open. */
export function createRequestLaws(
  { clock, network, report }: Pick<Environment, 'clock' | 'network' | 'report'>,
  session: RealtimeSession,
  /** Whether nothing can be said: a feature was stopped, or the server broke the protocol. */
  isExcused: () => boolean,
): RequestLaws {
  let isOwed = false

  function check(): void {
    const { line } = network
    const { frozenMs } = clock
    const traffic = network.traffic.at(-1)
    clock.after(repeatMs, () => {
      if (!isOwed || isExcused() || network.line !== line || !line?.isAlive || clock.frozenMs !== frozenMs) return
      const { status, inputAudio, responses } = session.getState()
      if (status !== 'open' || inputAudio.isSpeaking || responses.activeId !== undefined) return
      isOwed = false
      const isRequested = traffic?.sentByClient.some(
        ({ type, response }) =>
          type === 'response.create' && (response as { conversation?: string })?.conversation !== 'none',
      )
      const isCreated = traffic?.delivered.some(({ type }) => type === 'response.created')
      if (!isRequested && !isCreated)
        report('a response that a lost connection has ended is requested again', `connection ${line.id}`)
    })
  }

  session.on('response.created', () => {
    isOwed = false
  })
  session.on('status', ({ status }) => {
    if (status === 'open' && isOwed) check()
  })

  return {
    settled({ isInBand }, outcome) {
      if (!isInBand) return
      if (outcome.status === 'cancelled' && outcome.reason === 'connection_lost') isOwed = true
      if (outcome.status === 'rejected' && isSessionError(outcome.error, 'CONNECTION_LOST')) isOwed = true
    },
  }
}
