import type { CallRecord } from 'realtime-primitives/server'
import type { JournalEntry } from 'realtime-primitives/testing'
import type { ToolRequest } from './router.js'

/** What the store has acknowledged of a call: the ids of its items, and the transcribed turns of the user among them. */
export interface RecordedItems {
  readonly itemIds: Set<string>
  readonly userTurns: Set<string>
}

/** Adds the items of a record to those that the store has acknowledged. */
export function addRecord(records: Map<string, RecordedItems>, key: string, { snapshot }: CallRecord): void {
  let known = records.get(key)
  if (!known) {
    known = { itemIds: new Set(), userTurns: new Set() }
    records.set(key, known)
  }
  for (const { id, status, item } of snapshot.items) {
    known.itemIds.add(id)
    if (status !== 'completed' || item.type !== 'message' || item.role !== 'user') continue
    // Audio without a transcript cannot be restored.
    if (item.content.some((part) => ('transcript' in part && part.transcript) || ('text' in part && part.text)))
      known.userTurns.add(id)
  }
}

export interface CheckedCluster {
  /** What the service received and sent. */
  readonly journal: readonly JournalEntry[]
  /** The requests that arrived at the other system. */
  readonly requests: readonly ToolRequest[]
  /** What the store has acknowledged, by the key of the call. */
  readonly records: ReadonlyMap<string, Readonly<RecordedItems>>
  /** Returns whether an output is the result of a tool, or reports a call that failed. `undefined` for any other output. */
  readonly meaningOf: (tool: string, output: string) => 'result' | 'failure' | undefined
}

/** One session of the service. */
interface ServiceSession {
  /** The items that the session still has, in the order in which they were added. */
  readonly items: Map<string, { readonly type: string; readonly role?: string; readonly callId?: string }>
  /** The names of the tools that the model called in this session, by the ids of the calls. */
  readonly made: Map<string, string>
  /** The outputs that the session accepted, by the ids of their calls. */
  readonly outputs: Map<string, string[]>
  /** Numbers of the first entry and of the responses, in the order of all sessions. */
  readonly firstSeq: number
  readonly responses: number[]
}

interface JournaledItem {
  readonly id?: string
  readonly type?: string
  readonly role?: string
  readonly name?: string
  readonly call_id?: string
  readonly status?: string
  readonly output?: string
}

/**
 * Compares every call with what the service and the tools saw, and with what the store has acknowledged. It uses no state of the nodes. Returns the
 * problems.
 */
export function checkCalls({ journal, requests, records, meaningOf }: CheckedCluster): string[] {
  const sessions = readSessions(journal)
  const problems: string[] = []
  for (const [key, record] of records) {
    const own = sessions
      .filter(({ items }) => [...items.keys()].some((id) => record.itemIds.has(id)))
      .sort((one, other) => one.firstSeq - other.firstSeq)
    const last = own.at(-1)
    const report = (problem: string) => problems.push(`${key}: ${problem}`)
    if (!last) {
      report('the service has no session of it')
      continue
    }

    for (const id of record.userTurns)
      if (!last.items.has(id)) report(`the turn ${id} was acknowledged, and the last session does not have it`)
    const turns = [...last.items].filter(([, { role }]) => role === 'user').map(([id]) => id)
    const recorded = [...record.userTurns].filter((id) => last.items.has(id))
    const order = recorded.map((id) => turns.indexOf(id))
    if (order.some((at, index) => at < (order[index - 1] ?? -1))) report('its turns are out of order')

    own.forEach((session, index) => {
      const next = own[index + 1]?.responses[0]
      if (next !== undefined && session.responses.some((seq) => seq > next)) report('two sessions responded at a time')
      for (const [callId, outputs] of session.outputs)
        if (outputs.length > 1) report(`the call ${callId} has ${outputs.length} outputs in one session`)
    })

    const made = new Map(own.flatMap((session) => [...session.made]))
    const items = [...last.items.values()]
    const lastMessage = items.findLastIndex(({ type }) => type === 'message')
    // A call after the last message was running when the caller hung up.
    for (const { type, callId } of items.slice(0, lastMessage + 1)) {
      if (type !== 'function_call' || callId === undefined || !made.has(callId)) continue
      const name = made.get(callId) ?? ''
      const output = last.outputs.get(callId)?.[0]
      if (output === undefined) report(`the call ${callId} of ${name} has no output`)
      else if (!name.startsWith('transfer_to_') && meaningOf(name, output) === undefined)
        report(`${name} has a false output: ${output}`)
    }

    const runs = new Map<string, number>()
    for (const { tool, key: requestKey } of requests) {
      if (!requestKey.startsWith(`${key}:`)) continue
      const callId = requestKey.slice(key.length + 1)
      runs.set(`${tool} ${callId}`, (runs.get(`${tool} ${callId}`) ?? 0) + 1)
      if (made.get(callId) !== tool) report(`${tool} ran for ${callId}, which the model did not call`)
    }
    // `book` recognizes its key, so it may be requested again.
    for (const [id, count] of runs) if (id.startsWith('charge ') && count > 1) report(`${id} ran ${count} times`)
    for (const [callId, outputs] of last.outputs) {
      const name = made.get(callId)
      const isRun = name === undefined || runs.has(`${name} ${callId}`)
      if (name !== undefined && !isRun && meaningOf(name, outputs[0] ?? '') === 'result')
        report(`${name} has a result for ${callId}, and it did not run`)
    }
  }
  return problems
}

function readSessions(journal: readonly JournalEntry[]): ServiceSession[] {
  const sessions = new Map<string, ServiceSession>()
  for (const { sessionId, from, event, seq } of journal) {
    let session = sessions.get(sessionId)
    if (!session) {
      session = { items: new Map(), made: new Map(), outputs: new Map(), firstSeq: seq, responses: [] }
      sessions.set(sessionId, session)
    }
    if (from !== 'server') continue
    const item = (event.item ?? {}) as JournaledItem
    switch (event.type) {
      case 'response.created':
        session.responses.push(seq)
        break
      case 'response.output_item.done':
        // An interruption while the model writes a call leaves it incomplete. It does not run, and needs no output.
        if (item.type === 'function_call' && item.call_id && item.status !== 'incomplete')
          session.made.set(item.call_id, item.name ?? '')
        break
      case 'conversation.item.added':
        if (!item.id) break
        session.items.set(item.id, {
          type: item.type ?? '',
          ...(item.role === undefined ? {} : { role: item.role }),
          ...(item.call_id === undefined ? {} : { callId: item.call_id }),
        })
        if (item.type === 'function_call_output' && item.call_id)
          session.outputs.set(item.call_id, [...(session.outputs.get(item.call_id) ?? []), item.output ?? ''])
        break
      case 'conversation.item.deleted':
        session.items.delete(String(event.item_id))
        break
    }
  }
  return [...sessions.values()]
}
