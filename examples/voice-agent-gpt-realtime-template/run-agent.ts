import { createApprovals, type RealtimeSession, runTools, runTranscript, selectLines } from 'realtime-primitives'
import { decide, toolsOf } from './agent.js'
import type { Shop } from './shop.js'

export interface RunAgentOptions {
  readonly shop: Shop
  /** Ends the call. */
  readonly hangUp: () => void
  /** For the log: no words of the caller, no arguments. */
  readonly print: (line: string) => void
}

/** Runs the agent in a call, over any transport. Resolves when the tools are registered. Everything stops with the session. */
export async function runAgent(session: RealtimeSession, options: RunAgentOptions): Promise<void> {
  const { shop, hangUp, print } = options

  const approvals = createApprovals()
  approvals.on('requested', async (request) => {
    const decision = await decide(request).catch(() => 'Nobody could decide. Offer that a colleague calls back.')
    if (decision === true) approvals.approve(request.id)
    else approvals.reject(request.id, decision)
  })

  // The response to `end_call` is the goodbye. The call ends when it was played, unless the user interrupts.
  let isEnding = false
  let goodbyeId: string | undefined
  const endCall = () => {
    isEnding = true
  }
  const transcript = runTranscript(session)
  transcript.subscribe(() => {
    const { speaking } = transcript.getState()
    if (speaking.user) {
      isEnding = false
      goodbyeId = undefined
    }
    if (goodbyeId === undefined || speaking.assistant) return
    const goodbye = selectLines(transcript.getState()).findLast(({ responseId }) => responseId === goodbyeId)
    if (goodbye?.endMs === undefined) return
    goodbyeId = undefined
    hangUp()
  })

  const tools = runTools(session, toolsOf(shop, endCall), { approvals })
  tools.on('settled', ({ call, outcome }) => print(`${call.tool}: ${outcome.error?.code ?? 'done'}`))
  session.on('response.created', ({ response }) => {
    if (isEnding) goodbyeId = response.id
  })
  void session.closed.then(() => transcript.stop())
  await tools.ready
}
