import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'

/** A WebSocket that is open and connected to nothing. */
class LooseSocket extends EventTarget {
  readonly sent = { frames: 0, characters: 0 }
  send(frame: string): void {
    this.sent.frames += 1
    this.sent.characters += frame.length
  }
  close(): void {}
}

type Options = NonNullable<ConstructorParameters<typeof OpenAIRealtimeWebSocket>[0]>
type CreateWebSocket = NonNullable<Options['createWebSocket']>

/** The transport of `@openai/agents-realtime`, with frames handed in. */
export interface AgentsTransport {
  readonly transport: OpenAIRealtimeWebSocket
  readonly sent: LooseSocket['sent']
  deliver(frame: string): void
}

function looseTransport(): AgentsTransport {
  const socket = new LooseSocket()
  const createWebSocket = (async () => socket) as unknown as CreateWebSocket
  const transport = new OpenAIRealtimeWebSocket({ createWebSocket, skipOpenEventListeners: true })
  return {
    transport,
    sent: socket.sent,
    deliver: (data) => void socket.dispatchEvent(new MessageEvent('message', { data })),
  }
}

/** The transport alone. */
export async function agentsTransport(greeting: string): Promise<AgentsTransport> {
  const loose = looseTransport()
  await loose.transport.connect({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' })
  loose.deliver(greeting)
  return loose
}

/** A whole session: history, guardrails, tools. */
export async function agentsSession(
  greeting: string,
): Promise<AgentsTransport & { readonly session: RealtimeSession }> {
  const loose = looseTransport()
  const agent = new RealtimeAgent({ name: 'Bench', instructions: 'Be brief.' })
  const session = new RealtimeSession(agent, { transport: loose.transport, tracingDisabled: true })
  await session.connect({ apiKey: 'sk-bench', model: 'gpt-realtime-2.1' })
  loose.deliver(greeting)
  return { ...loose, session }
}
