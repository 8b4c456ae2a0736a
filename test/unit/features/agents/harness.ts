import {
  type AgentRun,
  createSession,
  type RunAgentsOptions,
  runAgents,
  type SessionConfigInput,
} from 'realtime-primitives'
import { mergeConfig } from '../../../../src/session/restore/merge-config.js'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource } from '../../../support/peer.js'
import { settle } from '../tools/harness.js'

/** What the server does about an event of the client: its duty, nothing yet, or a refusal with this code. */
export type Policy = (event: Json) => 'answer' | 'hold' | { readonly refuse: string }

/** A server that is played by the test, and that answers updates and items by itself as its policy says. */
export interface AgentPeer {
  readonly session: ReturnType<typeof createSession>
  readonly clock: ReturnType<typeof createManualClock>
  readonly run: AgentRun
  /** What happened to the agents, in short. */
  readonly log: string[]
  policy: Policy
  /** The configuration that the server has. */
  config(): SessionConfigInput
  /** The functions that the server offers to the model. */
  functions(): string[]
  /** Responses that were asked for, as far as the server has come, on the connection that there is. */
  readonly asked: Json[]
  /** Whether something of a type was sent to which the server has not come yet. */
  isBehind(type: string): boolean
  /** What the client sent on all connections, of one type if one is given. */
  sent(type?: string): Json[]
  /** Outputs that the client sent, as `call_id: output`. */
  outputs(): string[]
  sendEvents(...events: Json[]): Promise<void>
  drop(): Promise<void>
  comeBack(): Promise<void>
  /** Does what is due, and answers what was held if the policy lets it. */
  work(): Promise<void>
}

export async function startAgents(
  options: RunAgentsOptions,
  { config, policy = () => 'answer' }: { config?: SessionConfigInput; policy?: Policy } = {},
): Promise<AgentPeer> {
  const server = droppable()
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock, ...(config ? { config } : {}) })
  const run: AgentRun = runAgents(session, options)
  const log: string[] = []
  run.on('handoff', ({ from, to, cause }) => log.push(`${cause}: ${from} to ${to}?`))
  run.on('handedOff', ({ from, to }) => log.push(`${from} to ${to}`))
  run.on('refused', ({ from, to, error }) => log.push(`${from} not to ${to}: ${error.code}`))
  run.on('error', ({ code }) => log.push(code))
  let answered = new Set<Json>()
  let inForce: SessionConfigInput = {}
  let isDown = false

  function respondTo(event: Json): void {
    const verdict = peer.policy(event)
    if (verdict === 'hold') return
    answered.add(event)
    if (verdict !== 'answer') {
      const error = { type: 'invalid_request_error', code: verdict.refuse, message: 'no', param: null }
      server.sendEvents({ type: 'error', error: { ...error, event_id: event.event_id } })
    } else if (event.type === 'session.update') {
      inForce = mergeConfig(inForce, event.session as SessionConfigInput)
      server.sendEvents({ type: 'session.updated', session: { ...sessionResource, ...inForce } })
    } else if (event.type === 'conversation.item.create')
      server.sendEvents({
        type: 'conversation.item.added',
        previous_item_id: event.previous_item_id ?? null,
        item: event.item,
      })
    else if (event.type === 'response.create') peer.asked.push(event)
    else if (event.type === 'conversation.item.delete')
      server.sendEvents({ type: 'conversation.item.deleted', item_id: event.item_id })
  }

  async function work(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      await settle()
      // One after the other: what cannot be answered yet holds back what the client sent after it.
      for (const event of isDown ? [] : [...(server.connections.at(-1) ?? [])]) {
        if (answered.has(event)) continue
        respondTo(event)
        if (!answered.has(event)) break
      }
    }
  }

  const peer: AgentPeer = {
    session,
    clock,
    run,
    log,
    policy,
    asked: [],
    isBehind: (type) => (server.connections.at(-1) ?? []).some((event) => event.type === type && !answered.has(event)),
    config: () => inForce,
    functions: () => (inForce.tools ?? []).map((tool) => ('name' in tool ? tool.name : tool.server_label)),
    sent: (type) => server.connections.flat().filter((event) => type === undefined || event.type === type),
    outputs: () =>
      peer.sent('conversation.item.create').flatMap(({ item }) => {
        const { type, call_id, output } = item as Json
        return type === 'function_call_output' ? [`${call_id}: ${output}`] : []
      }),
    async sendEvents(...events) {
      server.sendEvents(...events)
      await work()
    },
    async drop() {
      isDown = true
      peer.asked.length = 0
      server.drop()
      await settle()
    },
    async comeBack() {
      answered = new Set()
      inForce = {}
      isDown = false
      server.restore()
      server.sendEvents({ type: 'session.created', session: sessionResource })
      await work()
    },
    work,
  }

  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: sessionResource })
  await work()
  await connecting
  await work()
  return peer
}

/** A call as the model makes it, and the item that the conversation then has. */
export function callItem(item: Json): Json {
  return { type: 'conversation.item.added', previous_item_id: null, item }
}

export function userItem(id: string, text: string): Json {
  const content = [{ type: 'input_text', text }]
  return callItem({ id, type: 'message', role: 'user', status: 'completed', content })
}
