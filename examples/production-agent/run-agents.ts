import {
  type AgentRun,
  holdBack,
  type RealtimeSession,
  runAgents,
  runTranscript,
  type SessionConfigInput,
  selectLines,
  type Transcript,
} from 'realtime-primitives'
import { createAgents } from './agents.js'
import type { Backend } from './backend.js'

/** What happens beside the conversation, for the log and for tests. No words of the caller. */
export type AgentEvent =
  | { readonly type: 'verified' }
  | { readonly type: 'handoff'; readonly from: string; readonly to: string }
  | { readonly type: 'handoff refused'; readonly to: string; readonly reason: string }
  | { readonly type: 'tool'; readonly name: string; readonly durationMs: number; readonly error: string | undefined }
  | { readonly type: 'guardrail'; readonly name: string; readonly action: string }

export const config: SessionConfigInput = {
  audio: {
    input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' } },
    output: { voice: 'marin' },
  },
}

/** Creates the stage that holds audio back until its words have passed the guardrails. Pass it to `createSession` and to `runShop`. */
export const createHold = () => holdBack({ release: 'sentence' })

export interface ShopOptions {
  readonly backend: Backend
  readonly hold: ReturnType<typeof createHold>
  readonly onEvent: (event: AgentEvent) => void
}

export interface ShopRun {
  readonly agents: AgentRun
  readonly transcript: Transcript
  stop(): void
}

/** Runs the four agents in a session. */
export function runShop(session: RealtimeSession, { backend, hold, onEvent }: ShopOptions): ShopRun {
  let customerId: string | undefined
  const transcript = runTranscript(session)
  const [frontDesk, ...others] = createAgents({
    backend,
    caller: () => ({ customerId }),
    transcript: () =>
      selectLines(transcript.getState())
        .map(({ speaker, text, cut }) => `${speaker}: ${cut?.played ?? text}`)
        .join('\n'),
    onVerified(id) {
      customerId = id
      onEvent({ type: 'verified' })
    },
  })
  const agents: AgentRun = runAgents(session, {
    start: frontDesk.name,
    agents: [frontDesk, ...others],
    guardrails: {
      holdBack: hold,
      action: { explain: 'Say that you cannot say that, and offer to ask the supervisor.' },
      onTripped: ({ guardrail, action }) => onEvent({ type: 'guardrail', name: guardrail, action: String(action) }),
    },
  })
  // The model decides when to hand over, and the app decides whether it may.
  agents.on('handoff', ({ to, veto }) => {
    if (customerId === undefined && to !== frontDesk.name)
      veto('The caller is not verified yet. Verify the caller first.')
  })
  agents.on('handedOff', ({ from, to }) => onEvent({ type: 'handoff', from: from ?? '', to }))
  agents.on('refused', ({ to, error }) => onEvent({ type: 'handoff refused', to, reason: error.code }))
  agents.on('settled', ({ call, durationMs, outcome }) => {
    // Handoffs are calls too. They have events of their own.
    if (!call.tool.startsWith('transfer_to_'))
      onEvent({ type: 'tool', name: call.tool, durationMs, error: outcome.error?.code })
  })
  return {
    agents,
    transcript,
    stop() {
      agents.stop()
      transcript.stop()
    },
  }
}
