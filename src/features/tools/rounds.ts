import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem, FunctionCallItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import { parseObject } from './arguments.js'
import type { Call, CallOutcome, RunningCall } from './call.js'
import type { Delivery } from './deliver.js'
import { type AbortReason, ToolError } from './error.js'
import type { FollowUp } from './follow-up.js'
import { forgetOldest } from './forget-oldest.js'
import type { ToolSet } from './offer.js'
import { createEntry, createRound, drop, type Entry, isOver, isSent, type Round } from './round.js'
import { tellFailure } from './tell.js'
import type { Tool } from './tool.js'

type EndedResponse = Pick<DeepReadonly<Response>, 'id' | 'status' | 'output' | 'status_details' | 'conversation_id'>

export interface RoundsOptions {
  readonly session: RealtimeSession
  readonly followUp: FollowUp
  readonly maxRounds: number
  readonly delivery: Delivery
  readonly toolsOf: (responseId: string) => ToolSet
  readonly start: (call: Call, tool: Tool) => RunningCall
  readonly onStart: (call: Call) => void
  readonly onOutcome: (call: Call, outcome: CallOutcome) => void
  readonly describeError: Parameters<typeof tellFailure>[1]
  readonly outOfBand: 'ignore' | 'answer'
  readonly unknownTools: 'answer' | 'ignore'
}

export interface Rounds {
  itemDone(responseId: string, item: DeepReadonly<ConversationItem>, outputIndex: number): void
  argumentsDone(responseId: string, callId: string, text: string): void
  responseDone(response: EndedResponse): void
  interrupt(): void
  /** The connection is gone; whether the next one knows the calls is not known yet. */
  lose(): void
  /** The connection is one to a server that knows none of the calls. */
  renew(): void
  resume(): void
  stop(reason: AbortReason): void
}

/** How many calls are remembered, so that none runs twice. */
const rememberedCalls = 4_096
const runningNote = '{"status":"running","message":"The tool works in the background. Its result will follow."}'

export function createRounds(options: RoundsOptions): Rounds {
  const { session, followUp, delivery, onOutcome, describeError } = options
  const rounds = new Map<string, Round>()
  const seen = new Set<string>()
  let hasStopped = false

  function roundOf(responseId: string): Round {
    const known = rounds.get(responseId)
    if (known) return known
    const round = createRound(responseId)
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
    forgetOldest(seen, rememberedCalls)
    const entry = createEntry(call, { order, isComplete, tool: options.toolsOf(round.responseId).byName.get(name) })
    round.entries.push(entry)
    return entry
  }

  function begin(round: Round, entry: Entry): void {
    if (hasStopped || entry.running || entry.outcome) return
    const { call, tool } = entry
    if (!tool) {
      const names = [...options.toolsOf(round.responseId).byName.keys()].join(', ')
      fail(entry, 'UNKNOWN_TOOL', `the tools are ${names === '' ? 'none' : names}`)
      return
    }
    if (followUp.isLast(round.responseId)) {
      fail(entry, 'TOO_MANY_ROUNDS')
      return
    }
    options.onStart(call)
    // Whoever heard of it may have stopped everything.
    if (hasStopped) return
    entry.running = options.start(call, tool)
    entry.running.outcome.then((outcome) => {
      if (hasStopped) return
      entry.outcome = outcome
      onOutcome(call, outcome)
      if (entry.isLate && !hasStopped) tellLate(entry, outcome)
      flush(round)
    })
  }

  function fail(entry: Entry, code: 'UNKNOWN_TOOL' | 'INCOMPLETE' | 'TOO_MANY_ROUNDS', details?: string): void {
    if (hasStopped || entry.outcome) return
    const { tool, callId } = entry.call
    const { maxRounds } = options
    const error =
      code === 'TOO_MANY_ROUNDS' ? new ToolError(code, { maxRounds }) : new ToolError(code, { tool, callId })
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
    const entries = [...round.entries].sort((a, b) => a.order - b.order)
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
    if (entries.every(isOver)) rounds.delete(round.responseId)
  }

  function deliver(round: Round, entry: Entry): void {
    entry.delivery = 'sent'
    const output = entry.isLate ? runningNote : (entry.outcome?.output ?? runningNote)
    delivery.output(entry.call, { id: entry.outputId, output, withCall: entry.isUnknown }, () => {
      entry.delivery = 'acknowledged'
      flush(round)
    })
  }

  function tellLate(entry: Entry, { output }: CallOutcome): void {
    const lateResult = delivery.late(entry.call, output)
    entry.lateResult = lateResult
    followUp.request([lateResult.itemId])
  }

  function abort(round: Round, cause: 'interruption' | 'drop'): void {
    const reason = cause === 'drop' ? 'connection_lost' : 'interruption'
    for (const { outcome, running, tool } of round.entries)
      if (!outcome && tool?.abortOn.includes(cause)) running?.abort(reason)
  }

  /** The response, if its end was told: what still comes of it is against the rules, and answered all the same. */
  function endedResponse(id: string): EndedResponse | undefined {
    const known = session.getState().responses.byId[id]
    return known?.isDone ? known.response : undefined
  }

  function end(response: EndedResponse): void {
    const known = session.getState().responses.byId[response.id]
    const isOutOfBand = response.conversation_id === null || known?.isInBand === false
    if (isOutOfBand && options.outOfBand === 'ignore') {
      rounds.delete(response.id)
      return
    }
    const round = roundOf(response.id)
    const { length: knownBefore } = round.entries
    // What the response lists goes before what only its stream told of.
    for (const [index, item] of response.output.entries()) if (isCall(item)) note(round, item, index)
    if (round.isDone && round.entries.length === knownBefore) return
    const reason = response.status === 'cancelled' ? cancelReason(response.status_details) : undefined
    round.isDone = true
    round.isUrgent = reason !== undefined
    round.isAnswered = reason !== 'client_cancelled' && !followUp.isLast(response.id)
    round.hasFollowed = false
    round.hasSpoken = response.output.some(
      (item) => item.type === 'message' && Array.isArray(item.content) && item.content.length > 0,
    )
    for (const entry of [...round.entries]) {
      entry.isUnknown ||= isOutOfBand
      const isForeign = !entry.tool && options.unknownTools === 'ignore'
      if (isForeign || (!entry.isComplete && reason !== undefined)) drop(round, entry)
      else if (entry.isComplete) begin(round, entry)
      else if (!entry.running) fail(entry, 'INCOMPLETE')
    }
    if (reason !== undefined) abort(round, 'interruption')
    flush(round)
  }

  return {
    itemDone(responseId, item, outputIndex) {
      if (!isCall(item)) return
      const ended = endedResponse(responseId)
      if (!ended) {
        const round = roundOf(responseId)
        beginEarly(round, note(round, item, outputIndex))
      } else if (!ended.output.some((known) => isCall(known) && known.call_id === item.call_id))
        end({ ...ended, output: [...ended.output, item] })
    },
    argumentsDone(responseId, callId, text) {
      if (endedResponse(responseId)) return
      const round = roundOf(responseId)
      round.texts.set(callId, text)
      const entry = round.entries.find(({ call }) => call.callId === callId)
      if (!entry || entry.running || entry.call.arguments !== '') return
      entry.call = { ...entry.call, arguments: text }
      beginEarly(round, entry)
    },
    responseDone: end,
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
          if (!entry.running && !entry.outcome) {
            drop(round, entry)
            seen.delete(entry.call.callId)
          }
          entry.delivery = 'none'
          entry.isLate = false
          // The output that is sent again contains the result.
          entry.lateResult?.cancel()
          round.hasFollowed = false
        }
        abort(round, 'drop')
        if (round.entries.length === 0) rounds.delete(round.responseId)
      }
    },
    renew() {
      for (const { entries } of rounds.values())
        for (const entry of entries) entry.isUnknown ||= entry.delivery !== 'acknowledged'
    },
    resume() {
      delivery.resume()
      for (const round of [...rounds.values()]) flush(round)
    },
    stop(reason) {
      hasStopped = true
      delivery.stop()
      for (const { entries } of rounds.values()) for (const { running } of entries) running?.abort(reason)
      rounds.clear()
    },
  }
}

const isCall = (item: DeepReadonly<ConversationItem>): item is DeepReadonly<FunctionCallItem> =>
  item.type === 'function_call'
function isAnswered(session: RealtimeSession, callId: string): boolean {
  return selectItems(session.getState()).some(
    ({ item }) => item.type === 'function_call_output' && item.call_id === callId,
  )
}

function cancelReason(details: EndedResponse['status_details']): string {
  return (typeof details === 'string' ? details : details?.reason) ?? 'client_cancelled'
}
