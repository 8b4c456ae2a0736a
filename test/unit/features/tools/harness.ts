import {
  createSession,
  type RegisteredTool,
  type RunToolsOptions,
  runTools,
  type ToolError,
  type ToolRun,
  tool,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, type Peer, sessionResource } from '../../../support/peer.js'

export interface ToolPeer extends Peer {
  readonly run: ToolRun
  readonly errors: ToolError[]
  /** Acknowledges the items that the client created and that the server has not acknowledged yet. */
  acknowledge(): Promise<void>
  /** Acknowledges the last session.update. */
  acknowledgeUpdate(): Promise<void>
  /** Outputs that the client sent, as `call_id: output`. */
  outputs(): string[]
  /** What the client sent, by type. */
  sent(type: string): Json[]
}

/** A session whose server is played by the test, with tools that the server has acknowledged. */
export async function startTools(tools: readonly RegisteredTool[], options: RunToolsOptions = {}): Promise<ToolPeer> {
  const peer = createPeer()
  await peer.connect()
  const run = runTools(peer.session, tools, options)
  const errors: ToolError[] = []
  run.on('error', (error) => errors.push(error))
  const toolPeer = withTools(peer, run, errors)
  await toolPeer.acknowledgeUpdate()
  await run.ready
  return toolPeer
}

export function withTools(peer: Peer, run: ToolRun, errors: ToolError[] = []): ToolPeer {
  const acknowledged = new Set<unknown>()
  const sent = (type: string) => peer.sentEvents.filter((event) => event.type === type)
  return Object.assign(Object.create(peer) as Peer, {
    session: peer.session,
    run,
    errors,
    sent,
    async sendEvents(...events: Json[]) {
      await peer.sendEvents(...events)
      await settle()
    },
    async sendFrame(frame: string) {
      await peer.sendFrame(frame)
      await settle()
    },
    async acknowledge() {
      for (const event of sent('conversation.item.create')) {
        const item = event.item as { id: string }
        if (acknowledged.has(item.id)) continue
        acknowledged.add(item.id)
        await peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
      }
      await settle()
    },
    async acknowledgeUpdate() {
      const update = await peer.expectSent('session.update')
      const tools = (update.session as Json).tools
      await peer.sendEvents({ type: 'session.updated', session: { ...sessionResource, tools } })
    },
    outputs: () => outputsIn(peer.sentEvents),
  })
}

/** Function outputs among events, as `call_id: output`. */
export function outputsIn(events: readonly Json[]): string[] {
  return events.flatMap(({ type, item }) => {
    const { type: kind, call_id, output } = (item ?? {}) as Json
    return type === 'conversation.item.create' && kind === 'function_call_output' ? [`${call_id}: ${output}`] : []
  })
}

export const echo = tool({
  name: 'echo',
  parameters: { type: 'object', properties: { text: { type: 'string' } } },
  execute: (args) => (args as { text?: string }).text ?? 'nothing',
})

/** A tool whose calls end when the test says so. */
export function slow(name: string, options: Partial<Parameters<typeof tool>[0]> = {}) {
  const calls: { resolve(result: unknown): void; reject(error: unknown): void; signal: AbortSignal }[] = []
  return {
    calls,
    tool: tool({
      name,
      parameters: { type: 'object' },
      ...options,
      execute: (_args, { signal }) =>
        new Promise((resolve, reject) => {
          calls.push({ resolve, reject, signal })
        }),
    }),
  }
}

export function created(id: string, fields: object = {}): Json {
  return { type: 'response.created', response: response(id, 'in_progress', [], fields) }
}

export function done(id: string, output: readonly object[], status = 'completed', fields: object = {}): Json {
  return { type: 'response.done', response: response(id, status, output, fields) }
}

function response(id: string, status: string, output: readonly object[], fields: object): object {
  return { id, object: 'realtime.response', status, output, conversation_id: 'conv_1', status_details: null, ...fields }
}

export function itemDone(responseId: string, index: number, item: object): Json {
  return { type: 'response.output_item.done', response_id: responseId, output_index: index, item }
}

export function callOf(name: string, callId: string, args: object | string = {}, status = 'completed'): Json {
  const text = typeof args === 'string' ? args : JSON.stringify(args)
  return { id: `item_${callId}`, type: 'function_call', status, call_id: callId, name, arguments: text }
}

export function messageOf(text: string): Json {
  const content = [{ type: 'output_audio', transcript: text }]
  return { id: `item_${text}`, type: 'message', role: 'assistant', status: 'completed', content }
}

export const failure = (code: string, message: string) => JSON.stringify({ error: { code, message } })

export const cancelled = (reason: string) => ({ status_details: { type: 'cancelled', reason } })
export const speechStarted: Json = { type: 'input_audio_buffer.speech_started', item_id: 'item_u', audio_start_ms: 0 }
export const speechStopped: Json = { type: 'input_audio_buffer.speech_stopped', item_id: 'item_u', audio_end_ms: 900 }

/** A turn of the event loop: everything that is ready has happened. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Tools on a session whose connection drops when the test says so, and whose server takes everything. */
export async function startDroppable(
  tools: readonly RegisteredTool[],
  options: RunToolsOptions = {},
  kind: 'own' | 'joined' = 'own',
) {
  const server = droppable(kind === 'own' ? 'events' : 'media', kind)
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock })
  const run: ToolRun = runTools(session, tools, options)
  const sendEvents = async (...events: Json[]) => {
    server.sendEvents(...events)
    await settle()
  }
  const connecting = session.connect()
  await settle()
  const greet = () =>
    sendEvents({ type: kind === 'own' ? 'session.created' : 'session.updated', session: sessionResource })
  await greet()
  await connecting
  const last = () => server.connections.at(-1) ?? []
  const acknowledgeAll = async () => {
    for (let turn = 0; turn < 3; turn++) {
      for (const event of last().splice(0)) {
        log.push(event)
        if (event.type === 'session.update') {
          const { tools } = event.session as Json
          await sendEvents({ type: 'session.updated', session: { ...sessionResource, tools } })
        } else if (event.type === 'conversation.item.create')
          await sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
      }
      await settle()
    }
  }
  const log: Json[] = []
  await acknowledgeAll()
  await run.ready
  const drop = async () => {
    server.drop()
    log.length = 0
    await settle()
  }
  const restore = async () => {
    server.restore()
    await greet()
    await acknowledgeAll()
  }
  const reconnect = async () => {
    await drop()
    await restore()
  }
  return { server, session, run, sendEvents, acknowledgeAll, drop, restore, reconnect, log, clock }
}

/** The items that a client created. */
export const itemsIn = (log: readonly Json[]) =>
  log.filter(({ type }) => type === 'conversation.item.create').map(({ item }) => item as Json)

/** What a server tells of a response that calls a tool, and of its items. */
export const callEvents = (name: string, callId: string): Json[] => [
  created('r1'),
  { type: 'conversation.item.added', previous_item_id: null, item: callOf(name, callId) },
  itemDone('r1', 0, callOf(name, callId)),
]
