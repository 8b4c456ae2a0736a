import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'

/** An open WebSocket without a connection. */
class DetachedSocket extends EventTarget {
  readonly sent = { frames: 0, characters: 0 }
  send(frame: string): void {
    this.sent.frames += 1
    this.sent.characters += frame.length
  }
  close(): void {}
}

type Options = NonNullable<ConstructorParameters<typeof OpenAIRealtimeWebSocket>[0]>
type CreateWebSocket = NonNullable<Options['createWebSocket']>

/** The transport of `@openai/agents-realtime`. `deliver` passes frames to it. */
export interface AgentsTransport {
  readonly transport: OpenAIRealtimeWebSocket
  readonly sent: DetachedSocket['sent']
  deliver(frame: string): void
}

function detachedTransport(): AgentsTransport {
  const socket = new DetachedSocket()
  const createWebSocket = (async () => socket) as unknown as CreateWebSocket
  const transport = new OpenAIRealtimeWebSocket({ createWebSocket, skipOpenEventListeners: true })
  return {
    transport,
    sent: socket.sent,
    deliver: (data) => void socket.dispatchEvent(new MessageEvent('message', { data })),
  }
}

/** Creates a transport without a session. */
export async function agentsTransport(greeting: string): Promise<AgentsTransport> {
  const detached = detachedTransport()
  await detached.transport.connect({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' })
  detached.deliver(greeting)
  return detached
}

/** Creates a complete session with history, guardrails, and tools. */
export async function agentsSession(
  greeting: string,
): Promise<AgentsTransport & { readonly session: RealtimeSession }> {
  const detached = detachedTransport()
  const agent = new RealtimeAgent({ name: 'Bench', instructions: 'Be brief.' })
  const session = new RealtimeSession(agent, { transport: detached.transport, tracingDisabled: true })
  await session.connect({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' })
  detached.deliver(greeting)
  return { ...detached, session }
}
