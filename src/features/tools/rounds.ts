import { createId } from '../../internal/id.js'
import type { ConversationItem, FunctionCallItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import { parseObject } from './arguments.js'
import type { Call, CallOutcome, RunningCall } from './call.js'
import type { Delivery } from './deliver.js'
import { type AbortReason, ToolError } from './error.js'
import type { FollowUp } from './follow-up.js'
import type { ToolSet } from './offer.js'
import { tellFailure } from './tell.js'
import type { Tool } from './tool.js'

/** The calls of one response, from the first that is written to the last output that the server has. */
interface Round {
  readonly responseId: string
  readonly entries: Entry[]
  /** Arguments that came before the item was described whole, by call. */
  readonly texts: Map<string, string>
  isDone: boolean
  /** Whether the model is to answer when the outputs are there. */
  isAnswered: boolean
  hasFollowed: boolean
  /** What is ready is told at once: the next response may begin at any time. */
  isUrgent: boolean
  hasSpoken: boolean
}

interface Entry {
  call: Call
  readonly outputId: string
  order: number
  tool: Tool | undefined
  isComplete: boolean
  running: RunningCall | undefined
  outcome: CallOutcome | undefined
  /** The result comes after the output, which said that the tool works. */
  isLate: boolean
  delivery: 'none' | 'sent' | 'acknowledged'
  /** The server has no such call: it was lost with the connection, or was never in the conversation. */
  isUnknown: boolean
}

export interface RoundsOptions {
  readonly session: RealtimeSession
  readonly followUp: FollowUp
  readonly delivery: Delivery
  readonly toolsOf: (responseId: string) => ToolSet
  readonly start: (call: Call, tool: Tool) => RunningCall
  readonly onOutcome: (call: Call, outcome: CallOutcome) => void
  readonly describeError: Parameters<typeof tellFailure>[1]
  readonly outOfBand: 'ignore' | 'answer'
  readonly unknownTools: 'answer' | 'ignore'
}

export interface Rounds {
  itemDone(responseId: string, item: ConversationItem, outputIndex: number): void
  argumentsDone(responseId: string, callId: string, text: string): void
  responseDone(response: Pick<Response, 'id' | 'status' | 'output' | 'status_details' | 'conversation_id'>): void
  interrupt(): void
  lose(): void
  resume(): void
  stop(reason: AbortReason): void
}

/** How many calls are remembered, so that none runs twice. */
const rememberedCalls = 4_096
const runningNote = '{"status":"running","message":"The tool works in the background. Its result will follow."}'

export function createRounds(options: RoundsOptions): Rounds {
  const { session, followUp, delivery, start, onOutcome, describeError } = options
  const rounds = new Map<string, Round>()
  const seen = new Set<string>()
  let hasStopped = false

  function roundOf(responseId: string): Round {
    const known = rounds.get(responseId)
    if (known) return known
    const round: Round = {
      responseId,
      entries: [],
      texts: new Map(),
      isDone: false,
      isAnswered: true,
      hasFollowed: false,
      isUrgent: false,
      hasSpoken: false,
    }
    rounds.set(responseId, round)
    return round
  }

  /** The entry of a call as now described; undefined when it ran before, or is answered already. */
  function note(round: Round, item: FunctionCallItem, order: number): Entry | undefined {
    const { call_id: callId, id: itemId, name } = item
    const text = item.arguments || round.texts.get(callId) || ''
    const call: Call = { callId, itemId, responseId: round.responseId, tool: name, arguments: text }
    const isComplete = item.status !== 'incomplete' && item.status !== 'in_progress'
    const known = round.entries.find((entry) => entry.call.callId === callId)
    if (known) {
      known.order = order
      known.isComplete ||= isComplete
      if (!known.running) known.call = call
      return known
    }
    if (seen.has(callId) || isAnswered(session, callId)) return undefined
    seen.add(callId)
    if (seen.size > rememberedCalls) seen.delete(String(seen.values().next().value))
    const entry: Entry = {
      call,
      outputId: createId('item'),
      order,
      tool: options.toolsOf(round.responseId).byName.get(name),
      isComplete,
      running: undefined,
      outcome: undefined,
      isLate: false,
      delivery: 'none',
      isUnknown: false,
    }
    round.entries.push(entry)
    return entry
  }

  function begin(round: Round, entry: Entry): void {
    if (entry.running || entry.outcome) return
    const { call, tool } = entry
    if (!tool) {
      const names = [...options.toolsOf(round.responseId).byName.keys()].join(', ')
      fail(entry, 'UNKNOWN_TOOL', `the tools are ${names === '' ? 'none' : names}`)
      return
    }
    entry.running = start(call, tool)
    entry.running.outcome.then((outcome) => {
      if (hasStopped) return
      entry.outcome = outcome
      onOutcome(call, outcome)
      if (entry.isLate) tellLate(entry, outcome)
      else flush(round)
    })
  }

  function fail(entry: Entry, code: 'UNKNOWN_TOOL' | 'INCOMPLETE', details?: string): void {
    const error = new ToolError(code, { tool: entry.call.tool, callId: entry.call.callId })
    entry.outcome = { output: tellFailure(error, describeError, details), error }
    onOutcome(entry.call, entry.outcome)
  }

  /** As soon as a call is whole: whatever the response has still to say is time won. */
  function beginEarly(round: Round, entry: Entry | undefined): void {
    if (!entry?.isComplete || !entry.tool) return
    const isInBand = session.getState().responses.byId[round.responseId]?.isInBand === true
    if (isInBand && entry.call.arguments !== '' && parseObject(entry.call.arguments)) begin(round, entry)
  }

  /** Whether the answer of the model waits for a call. */
  function isAwaited({ hasSpoken }: Round, { tool }: Entry): boolean {
    return tool?.scheduling !== 'silent' || !hasSpoken
  }

  function flush(round: Round): void {
    if (hasStopped || !round.isDone || session.getState().status !== 'open') return
    const entries = round.entries.toSorted((a, b) => a.order - b.order)
    for (const entry of entries) {
      if (entry.delivery !== 'none') continue
      if (!entry.outcome && entry.tool?.scheduling === 'background') entry.isLate = true
      if (entry.outcome || entry.isLate) deliver(round, entry)
      else if (isAwaited(round, entry) && !round.isUrgent) break
    }
    const awaited = entries.filter((entry) => isAwaited(round, entry))
    if (round.isAnswered && !round.hasFollowed && awaited.length > 0 && awaited.every(isSent)) {
      round.hasFollowed = true
      followUp.request(awaited.map(({ outputId }) => outputId))
    }
    if (entries.every(({ delivery }) => delivery === 'acknowledged')) rounds.delete(round.responseId)
  }

  function deliver(round: Round, entry: Entry): void {
    entry.delivery = 'sent'
    const output = entry.isLate ? runningNote : (entry.outcome?.output ?? runningNote)
    delivery.output(entry.call, { id: entry.outputId, output, withCall: entry.isUnknown }, () => {
      entry.delivery = 'acknowledged'
      flush(round)
    })
  }

  function tellLate({ call }: Entry, { output }: CallOutcome): void {
    followUp.request([delivery.late(call, output)])
  }

  function abort(round: Round, cause: 'interruption' | 'drop'): void {
    const reason = cause === 'drop' ? 'connection_lost' : 'interruption'
    for (const { outcome, running, tool } of round.entries)
      if (!outcome && tool?.abortOn.includes(cause)) running?.abort(reason)
  }

  return {
    itemDone(responseId, item, outputIndex) {
      if (!isCall(item)) return
      const round = roundOf(responseId)
      if (!round.isDone) beginEarly(round, note(round, item, outputIndex))
    },
    argumentsDone(responseId, callId, text) {
      const round = roundOf(responseId)
      round.texts.set(callId, text)
      const entry = round.entries.find(({ call }) => call.callId === callId)
      if (!entry || entry.running || entry.call.arguments !== '') return
      entry.call = { ...entry.call, arguments: text }
      beginEarly(round, entry)
    },
    responseDone(response) {
      const known = session.getState().responses.byId[response.id]
      const isOutOfBand = response.conversation_id === null || known?.isInBand === false
      if (isOutOfBand && options.outOfBand === 'ignore') {
        rounds.delete(response.id)
        return
      }
      const round = roundOf(response.id)
      if (round.isDone) return
      // What the response lists goes before what only its stream told of.
      for (const [index, item] of response.output.entries()) if (isCall(item)) note(round, item, index)
      const reason = response.status === 'cancelled' ? cancelReason(response.status_details) : undefined
      round.isDone = true
      round.isUrgent = reason !== undefined
      round.isAnswered = reason !== 'client_cancelled'
      round.hasSpoken = response.output.some(
        (item) => item.type === 'message' && Array.isArray(item.content) && item.content.length > 0,
      )
      for (const entry of [...round.entries]) {
        entry.isUnknown = isOutOfBand
        const isForeign = !entry.tool && options.unknownTools === 'ignore'
        if (isForeign || (!entry.isComplete && reason !== undefined)) drop(round, entry)
        else if (entry.isComplete) begin(round, entry)
        else if (!entry.running) fail(entry, 'INCOMPLETE')
      }
      if (reason !== undefined) abort(round, 'interruption')
      flush(round)
    },
    interrupt() {
      for (const round of [...rounds.values()]) {
        round.isUrgent = true
        abort(round, 'interruption')
        flush(round)
      }
    },
    lose() {
      delivery.lose()
      for (const round of rounds.values()) {
        round.isDone = true
        for (const entry of [...round.entries]) {
          if (entry.delivery === 'acknowledged') continue
          if (!entry.running && !entry.outcome) drop(round, entry)
          entry.delivery = 'none'
          entry.isUnknown = true
          round.hasFollowed = false
        }
        abort(round, 'drop')
        if (round.entries.length === 0) rounds.delete(round.responseId)
      }
    },
    resume() {
      for (const round of [...rounds.values()]) flush(round)
    },
    stop(reason) {
      hasStopped = true
      delivery.lose()
      for (const { entries } of rounds.values()) for (const { running } of entries) running?.abort(reason)
      rounds.clear()
    },
  }
}

const isCall = (item: ConversationItem): item is FunctionCallItem => item.type === 'function_call'
const isSent = ({ delivery }: Entry) => delivery !== 'none'

function drop({ entries }: Round, entry: Entry): void {
  entries.splice(entries.indexOf(entry), 1)
}

function isAnswered(session: RealtimeSession, callId: string): boolean {
  return selectItems(session.getState()).some(
    ({ item }) => item.type === 'function_call_output' && item.call_id === callId,
  )
}

function cancelReason(details: Response['status_details']): string {
  return (typeof details === 'string' ? details : details?.reason) ?? 'client_cancelled'
}
