import { type McpRun, runMcp } from '../../../src/features/tools/run-mcp.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'
import type { EmittedEvents } from './emitted-events.js'
import type { SimulatedTools } from './tools.js'

/** The MCP server of the simulation, as the session configures it and as the emulator has it. */
export const mcpServer = {
  config: {
    type: 'mcp',
    server_label: 'docs',
    server_url: 'https://docs.example.com/mcp',
    require_approval: 'always',
  },
  script: {
    tools: [
      { name: 'search', output: 'Three pages.' },
      { name: 'broken', error: { type: 'tool_execution_error', message: 'It is closed.' } },
    ],
  },
} as const

export const mcpTools: readonly string[] = mcpServer.script.tools.map(({ name }) => name)

/** Checks of the calls that the server makes itself. */
export interface McpLaws {
  readonly run: McpRun
  /** @param expectsResponses Whether no response was given up, so that each result has one. */
  checkCalm(expectsResponses: boolean): void
}

export function createMcpLaws(
  { network, report, isFaultless, clock }: Pick<Environment, 'network' | 'report' | 'isFaultless' | 'clock'>,
  options: {
    readonly session: RealtimeSession
    readonly seen: RealtimeSession
    readonly simulated: SimulatedTools
    readonly events: EmittedEvents
    readonly isLawless: () => boolean
    readonly isStopped: () => boolean
  },
): McpLaws {
  const { session, simulated, events, isLawless, isStopped } = options
  const run = runMcp(options.seen)
  const requested = new Set<string>()
  const ended = new Map<string, number>()
  const started = new Set<string>()
  /** Requests that were answered on the current connection. */
  const answered = new Map<string, number>()

  run.approvals.on('requested', ({ id, kind, tool, serverLabel }) => {
    requested.add(id)
    if (kind !== 'mcp' || serverLabel !== 'docs' || !mcpTools.includes(tool))
      report('an MCP call that waits for an approval is described', `${kind} ${serverLabel} ${tool}`)
  })
  run.on('listing', ({ status, serverLabel, tools }) => {
    if (isStopped()) report('a stopped feature does nothing', 'mcp: listing')
    if (status !== 'completed' || isLawless()) return
    const names = tools.map(({ name }) => name).join()
    if (serverLabel !== 'docs' || names !== mcpTools.join())
      report('the tools of an MCP server are reported', `${serverLabel}: ${names}`)
  })
  run.on('call', ({ itemId, status, item }) => {
    if (isStopped()) report('a stopped feature does nothing', 'mcp: call')
    if (status === 'in_progress') {
      if (started.has(itemId)) report('an MCP call starts once', itemId)
      started.add(itemId)
      return
    }
    if (ended.has(itemId)) report('an MCP call ends once', itemId)
    ended.set(itemId, clock.now())
    if (isLawless() || !item || session.getState().status !== 'open') return
    if ((item.name === 'broken') !== (status === 'failed'))
      report('an MCP call ends as the server reports', `${item.name} ${status}`)
    if (isFaultless && status === 'completed' && item.output !== 'Three pages.')
      report('an MCP call that has ended has its result', String(item.output))
  })
  network.onSend(({ type, item }, line) => {
    const { type: itemType, approval_request_id: id, approve } = (item ?? {}) as Readonly<Record<string, unknown>>
    if (type !== 'conversation.item.create' || itemType !== 'mcp_approval_response') return
    const key = `${line.id} ${id}`
    answered.set(key, (answered.get(key) ?? 0) + 1)
    if ((answered.get(key) ?? 0) > 1 && !isLawless()) report('an MCP approval is sent once', key)
    const decided = simulated.decisions.get(String(id))
    const isRight = decided === undefined ? approve === false || simulated.hasStanding : approve === decided
    if (!isRight) report('an MCP approval is that of the app', `${id}: ${approve}`)
  })

  return {
    run,
    checkCalm(expectsResponses) {
      if (isStopped() || isLawless() || session.getState().status !== 'open') return
      if (run.approvals.pending.length > 0) report('no MCP approval waits', `${run.approvals.pending.length}`)
      const { delivered = [] } = network.traffic.at(-1) ?? {}
      for (const { type, item } of delivered) {
        const { id, type: itemType } = (item ?? {}) as { id?: string; type?: string }
        // A standing decision needs no request.
        if (simulated.hasStanding) break
        if (type === 'conversation.item.done' && itemType === 'mcp_approval_request' && !requested.has(String(id)))
          report('an MCP approval is requested', String(id))
      }
      if (!isFaultless) return
      for (const { type, item_id: id } of delivered)
        if (/^response\.mcp_call\.(completed|failed)$/.test(type ?? '') && !ended.has(String(id)))
          report('an MCP call that has ended is reported', String(id))
      for (const [id, at] of ended) {
        // A response may have continued after the call.
        const hasFollowed = [...events.responses.values()].some(
          ({ isInBand, createdAt, doneAt }) => isInBand && Math.max(createdAt ?? 0, doneAt ?? 0) >= at,
        )
        if (expectsResponses && !hasFollowed) report('the result of an MCP call gets a response', id)
      }
    },
  }
}
