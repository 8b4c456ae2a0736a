import {
  type AgentRun,
  type Clock,
  createSession,
  type RealtimeSession,
  runAgents,
  selectItems,
  type Transport,
  tool,
} from 'realtime-primitives'
import {
  type CallStore,
  holderName,
  isCallEnded,
  type Persistence,
  resume,
  type SavedCall,
} from 'realtime-primitives/server'
import type { DrainedCall } from 'realtime-primitives/server/node'
import { acceptStream, bridgeTwilio, type TwilioSocket } from 'realtime-primitives/twilio'

export interface AgentNodeOptions {
  /** Name of this node. */
  readonly name: string
  readonly store: CallStore
  readonly clock: Clock
  /** Opens a session for a telephone call whose audio passes through this node. */
  readonly connect: () => Transport
  /** Joins a SIP or WebRTC call, whose audio stays at the service. */
  readonly join: (callId: string) => Transport
  /** Books an appointment in another system, which books only once for each key. */
  readonly book: (idempotencyKey: string) => Promise<string>
  /** Charges the caller in another system, which knows no keys. It must not be called twice for one request. */
  readonly charge: (idempotencyKey: string) => Promise<string>
  /** Called when the session of a call is open on this node. */
  readonly onContinued?: (continued: Continuation) => void
  readonly print: (text: string) => void
}

/** When a node got a call, on its clock. */
export interface Continuation {
  readonly key: string
  readonly outcome: 'resumed' | 'started'
  /** The call was noticed: its stream was opened, or its lease had ended. */
  readonly noticedAt: number
  /** The node has the lease and the record. */
  readonly claimedAt: number
  /** The session is open and restored. */
  readonly openAt: number
}

/** A call of a node, with the key of its record. */
export interface AgentCall extends DrainedCall {
  readonly key: string
}

/** A node of the cluster. Every node can continue every call. */
export interface AgentNode {
  /** The calls of this node, for `drain`. */
  readonly calls: ReadonlySet<AgentCall>
  /** Answers a media stream. If its call was on another node, it continues here. */
  answerStream(socket: TwilioSocket): Promise<void>
  /** Holds a SIP or WebRTC call. */
  holdCall(callId: string): Promise<void>
  /**
   * Continues the SIP and WebRTC calls of nodes that died: those without a lease, and those whose holder is known to be dead. Call it regularly,
   * and when a node is known to be dead.
   */
  adoptCalls(isDead?: (holder: string) => boolean): Promise<void>
  /** Stops adopting calls. */
  stopAccepting(): void
}

const sipPrefix = 'sip:'

export function createAgentNode(options: AgentNodeOptions): AgentNode {
  const { name, store, clock, print } = options
  const calls = new Set<AgentCall>()
  const adopting = new Set<string>()
  let isAccepting = true

  const agentsOf = () =>
    [
      { name: 'reception', instructions: 'You are the reception.', handoffs: ['booking'] },
      {
        name: 'booking',
        instructions: 'You book appointments.',
        tools: [
          tool({
            name: 'book',
            description: 'Books an appointment.',
            idempotent: true,
            execute: (_, { idempotencyKey }) => options.book(idempotencyKey),
          }),
          tool({
            name: 'charge',
            description: 'Charges the caller for the appointment.',
            execute: (_, { idempotencyKey }) => options.charge(idempotencyKey),
          }),
        ],
        handoffs: ['reception'],
      },
    ] as const

  /** Creates the session and its features. The same code starts and continues a call. */
  function start(transport: Transport, saved: SavedCall | undefined, callId?: string) {
    const session = createSession({
      clock,
      transport,
      ...(saved ? { snapshot: saved.snapshot } : { config }),
    })
    const tools = runAgents(session, { agents: agentsOf(), start: (saved?.agent ?? 'reception') as 'reception' })
    return { session, tools: tools as unknown as AgentRun, callId }
  }

  function follow(
    key: string,
    session: RealtimeSession,
    persistence: Persistence,
    drained?: () => Promise<void>,
  ): void {
    const call: AgentCall = { key, session, persistence, drained }
    calls.add(call)
    void session.closed.then(() => calls.delete(call))
    persistence.on('failed', ({ message }) => print(`${name}: ${message}`))
    persistence.on('lost', () => print(`${name}: ${key} continues on another node`))
  }

  /** Reports the times of a call once its session is open. */
  function reportOpen(session: RealtimeSession, continued: Omit<Continuation, 'openAt'>): void {
    const report = () => options.onContinued?.({ ...continued, openAt: clock.now() })
    if (session.getState().status === 'open') {
      report()
      return
    }
    const off = session.on('status', ({ status }) => {
      if (status !== 'open') return
      off()
      report()
    })
  }

  async function answerStream(opened: TwilioSocket): Promise<void> {
    const noticedAt = clock.now()
    const { call, socket } = await acceptStream(opened, { clock })
    const { outcome, session, persistence } = await resume(store, call.callSid, {
      ...timing,
      clock,
      holder: name,
      // The caller has reached this node, so no other node can reach them.
      takeOver: 'always',
      start: (saved) => start(options.connect(), saved),
    })
    print(`${name}: ${outcome} ${call.callSid}`)
    reportOpen(session, { key: call.callSid, outcome, noticedAt, claimedAt: clock.now() })
    const bridge = bridgeTwilio(socket, session, { onStop: 'keep' })
    follow(call.callSid, session, persistence, bridge.drained)
    if (outcome === 'started') bridge.on('ready', () => session.respond({ instructions: 'Greet the caller.' }))
    bridge.on('stop', ({ reason }) => {
      // Without a `stop` of the provider, the caller may still be there, and another node continues.
      if (reason === 'hangup') void session.close()
      else
        void persistence
          .handOver()
          .catch((error) => print(`${name}: ${(error as Error).message}`))
          .then(() => session.close())
    })
  }

  /** Gets the lease and the record of a SIP or WebRTC call. */
  async function claimCall(callId: string, waitMs: number, isDead: (holder: string) => boolean) {
    const noticedAt = clock.now()
    const key = sipPrefix + callId
    const claimed = await resume(store, key, {
      ...timing,
      clock,
      holder: name,
      waitMs,
      takeOver: isDead,
      start: (saved) => start(options.join(callId), saved, callId),
    })
    return { ...claimed, callId, key, noticedAt, claimedAt: clock.now() }
  }

  async function joinCall(claimed: Awaited<ReturnType<typeof claimCall>>): Promise<void> {
    const { outcome, session, persistence, callId, key, noticedAt, claimedAt } = claimed
    print(`${name}: ${outcome} ${callId}`)
    reportOpen(session, { key, outcome, noticedAt, claimedAt })
    follow(key, session, persistence)
    try {
      await session.connect()
    } catch (error) {
      // If the service cannot be reached, this node or another one tries again.
      await (isCallEnded(error) ? persistence.end() : persistence.handOver()).catch(() => {})
      await session.close()
      return
    }
    if (outcome === 'started') session.respond({ instructions: 'Greet the caller.' })
  }

  async function adoptCall(callId: string, isDead: (holder: string) => boolean): Promise<void> {
    const claimed = await claimCall(callId, 1, isDead)
    if (claimed.error?.code !== 'STORE_FAILED') return joinCall(claimed)
    // Another node may hold the call by now. Unlike a caller on the telephone, this one does not need an answer from this node.
    claimed.persistence.stop()
    await claimed.session.close()
  }

  return {
    calls,
    answerStream,
    holdCall: async (callId) => joinCall(await claimCall(callId, 10_000, () => false)),
    async adoptCalls(isDead = () => false) {
      if (!isAccepting) return
      const keys = await store.list({ prefix: sipPrefix })
      const orphans = keys.filter(
        ({ key, holder }) => !adopting.has(key) && (holder === undefined || isDead(holderName(holder))),
      )
      await Promise.all(
        orphans.map(async ({ key }) => {
          adopting.add(key)
          // Another node may be faster: it then has the lease.
          await adoptCall(key.slice(sipPrefix.length), isDead).catch(() => {})
          adopting.delete(key)
        }),
      )
    },
    stopAccepting() {
      isAccepting = false
    },
  }
}

/** The calls of a node that the router cannot find dead, such as one without network, continue after this time at the latest. */
const timing = { leaseMs: 1_200 }

const config = {
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
    },
  },
} as const

/** Returns the messages of a call as text. */
export function transcriptOf(session: RealtimeSession): string[] {
  return selectItems(session.getState()).flatMap(({ item, playedText }) => {
    if (item.type !== 'message') return []
    const text = item.content.map((part) => ('transcript' in part && part.transcript) || ('text' in part && part.text))
    return [`${item.role}: ${playedText ?? text.join(' ')}`]
  })
}
