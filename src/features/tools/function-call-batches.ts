import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import { createId } from '../../internal/id.js'
import type { ConversationItem, FunctionCallItem } from '../../protocol/items.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { Call, CallOutcome } from './call.js'
import { parseJsonObject } from './call-arguments.js'
import { type CallBatch, createCallBatch, createCallBatches, takeFollowUp } from './call-batch.js'
import {
  type CallEvent,
  type CallState,
  canStart,
  isAcknowledged,
  isSent,
  isStarted,
  nextCallState,
} from './call-state.js'
import { type AbortReason, ToolError } from './error.js'
import { cancelReason, type FinishedResponse } from './finished-response.js'
import type { FollowUp } from './follow-up.js'
import { hasOutput, isCall } from './function-call-item.js'
import type { ContinueCallsOptions, InterruptedCall, ToolJournal } from './journal.js'
import { failureMessage } from './model-messages.js'
import type { OutputSender } from './output-sender.js'
import { type CallOptions, startCall } from './running-call.js'
import type { Tool } from './tool.js'
import type { ToolSet } from './tool-registration.js'

export interface FunctionCallBatchesOptions {
  readonly session: RealtimeSession
  readonly followUp: FollowUp
  readonly maxRounds: number
  readonly sender: OutputSender
  /** Whether the tools of the session are known. Calls wait until then. */
  readonly areToolsKnown: () => boolean
  readonly toolsOf: (responseId: string) => ToolSet
  /** Finds the tool that a call of a response names. */
  readonly findTool: (responseId: string, name: string) => Tool | undefined
  readonly callOptions: Omit<CallOptions, 'journal'>
  /** Returns the journal of the calls. */
  readonly journal: () => ToolJournal | undefined
  readonly onStart: (call: Call) => void
  readonly onOutcome: (call: Call, outcome: CallOutcome) => void
  readonly outOfBand: 'ignore' | 'answer'
  readonly unknownTools: 'answer' | 'ignore'
}

/** Runs the function calls of each response and sends their outputs. */
export interface FunctionCallBatches {
  itemDone(responseId: string, item: DeepReadonly<ConversationItem>, outputIndex: number): void
  argumentsDone(responseId: string, callId: string, text: string): void
  responseDone(response: FinishedResponse): void
  /** The tools of the session are known. Starts the calls that wait for them. */
  toolsKnown(): void
  /** Continues calls of another process. Call it when the tools are known. */
  continueCalls(calls: readonly InterruptedCall[], options: ContinueCallsOptions): void
  /** The user speaks or the app has interrupted the response. */
  interrupt(): void
  /** The connection is lost. Whether the next server session has the calls is not known yet. */
  connectionLost(): void
  /** The connection leads to a new server session, which has none of the calls. */
  serverReplaced(): void
  /** The session is open again. */
  resume(): void
  stop(reason: AbortReason): void
}

interface FunctionCall {
  call: Call
  readonly outputId: string
  /** The position in the output of the response. Outputs are sent in this order. */
  outputIndex: number
  /** Absent until the tools of the session are known, and for a name that no tool has. */
  tool: Tool | undefined
  /** Whether the conversation on the server contains the call. Otherwise the call is sent before its output. */
  isInConversation: boolean
  state: CallState
}

interface FunctionCallBatch extends CallBatch<FunctionCall> {
  /** Arguments that came before their item, by `call_id`. */
  readonly argumentTexts: Map<string, string>
  /** After an interruption the next response can start at any time, so outputs are not held back for earlier ones. */
  isInterrupted: boolean
  /** Whether the response contains a message. */
  hasSpoken: boolean
}

/** How many calls are remembered, so that none runs twice. */
const rememberedCalls = 4_096
const placeholder = '{"status":"running","message":"The tool works in the background. Its result will follow."}'

export function createFunctionCallBatches(options: FunctionCallBatchesOptions): FunctionCallBatches {
  const { session, followUp, sender, maxRounds, onOutcome, callOptions } = options
  const batches = createCallBatches(
    (responseId): FunctionCallBatch => ({
      ...createCallBatch<FunctionCall>(responseId),
      argumentTexts: new Map(),
      isInterrupted: false,
      hasSpoken: false,
    }),
  )
  const seen = new Set<string>()
  let hasStopped = false

  /** The only place that changes the state of a call. */
  function advance(entry: FunctionCall, event: CallEvent): void {
    entry.state = nextCallState(entry.state, event)
  }

  /** Adds or updates a call. Returns `undefined` if it ran before or already has an output. */
  function add(batch: FunctionCallBatch, item: FunctionCallItem, outputIndex: number): FunctionCall | undefined {
    const { call_id: callId, id: itemId, name } = item
    const text = item.arguments || batch.argumentTexts.get(callId) || ''
    const call: Call = { callId, itemId, responseId: batch.responseId, tool: name, arguments: text }
    const known = batch.calls.get(callId)
    if (!known && (seen.has(callId) || hasOutput(session, callId))) return undefined
    const entry: FunctionCall = known ?? {
      call,
      outputId: createId('item'),
      outputIndex,
      tool: undefined,
      isInConversation: true,
      state: { phase: 'receiving' },
    }
    entry.outputIndex = outputIndex
    if (!isStarted(entry.state)) entry.call = call
    entry.tool ??= options.findTool(batch.responseId, name)
    if (item.status !== 'incomplete' && item.status !== 'in_progress') advance(entry, { type: 'complete' })
    batch.calls.set(callId, entry)
    seen.add(callId)
    forgetOldest(seen, rememberedCalls)
    return entry
  }

  function start(batch: FunctionCallBatch, entry: FunctionCall): void {
    if (hasStopped || !canStart(entry.state)) return
    const { call, outputId } = entry
    if (!options.areToolsKnown()) {
      advance(entry, { type: 'wait' })
      options.journal()?.received({ ...call, outputId })
      return
    }
    entry.tool ??= options.findTool(batch.responseId, call.tool)
    const { tool } = entry
    if (!tool && options.unknownTools === 'ignore') {
      batch.calls.delete(call.callId)
      acknowledged(call)
      return
    }
    if (!tool) {
      const names = [...options.toolsOf(batch.responseId).byName.keys()].join(', ')
      fail(entry, 'UNKNOWN_TOOL', `the tools are ${names === '' ? 'none' : names}`)
      return
    }
    if (followUp.isLast(batch.responseId)) {
      fail(entry, 'TOO_MANY_ROUNDS')
      return
    }
    options.onStart(call)
    // A listener may have stopped the tools.
    if (hasStopped) return
    const journal = options.journal()
    journal?.received({ ...call, outputId })
    const run = startCall(call, tool, { ...callOptions, journal })
    advance(entry, { type: 'start', run })
    run.outcome.then((outcome) => {
      if (!hasStopped) finish(batch, entry, outcome)
    })
  }

  function finish(batch: FunctionCallBatch, entry: FunctionCall, outcome: CallOutcome): void {
    const { call } = entry
    if (entry.state.phase !== 'deferred') advance(entry, { type: 'finish', outcome })
    onOutcome(call, outcome)
    // A listener may have stopped the tools, or closed the connection.
    if (hasStopped) return
    if (entry.state.phase === 'deferred') {
      const lateResult = sender.sendLateResult(call, outcome.output, () => acknowledged(call))
      advance(entry, { type: 'finish', outcome, lateResult })
      followUp.request([lateResult.itemId])
    } else advance(entry, { type: 'finish', outcome })
    flush(batch)
  }

  function acknowledged({ callId }: Call): void {
    if (!hasStopped) options.journal()?.acknowledged(callId)
  }

  function fail(
    entry: FunctionCall,
    code: 'UNKNOWN_TOOL' | 'UNFINISHED' | 'INCOMPLETE' | 'TOO_MANY_ROUNDS',
    details?: string,
  ): void {
    if (hasStopped) return
    const { tool, callId } = entry.call
    const error =
      code === 'TOO_MANY_ROUNDS' ? new ToolError(code, { maxRounds }) : new ToolError(code, { tool, callId })
    const outcome = { output: failureMessage(error, callOptions.describeError, details), error }
    advance(entry, { type: 'finish', outcome })
    onOutcome(entry.call, outcome)
  }

  /** Starts a call before its response is done, as soon as its arguments are complete. */
  function startEarly(batch: FunctionCallBatch, entry: FunctionCall | undefined): void {
    if (!entry || entry.call.arguments === '') return
    // The call of an unknown tool fails when its response is done.
    if (!entry.tool && options.areToolsKnown()) return
    const isInBand = session.getState().responses.byId[batch.responseId]?.isInBand === true
    if (isInBand && parseJsonObject(entry.call.arguments)) start(batch, entry)
  }

  /** Whether the follow-up response waits for the output of a call. */
  function isAwaited({ hasSpoken }: FunctionCallBatch, { tool }: FunctionCall): boolean {
    return tool?.scheduling !== 'silent' || !hasSpoken
  }

  /** Sends the outputs that can be sent now, in the order of the calls, and requests the follow-up response when it is due. */
  function flush(batch: FunctionCallBatch): void {
    if (hasStopped || batch.response !== 'done' || session.getState().status !== 'open') return
    const entries = [...batch.calls.values()].sort((a, b) => a.outputIndex - b.outputIndex)
    for (const entry of entries) {
      if (isSent(entry.state)) continue
      if (entry.state.phase === 'finished' || entry.tool?.scheduling === 'background') sendOutput(batch, entry)
      else if (isAwaited(batch, entry) && !batch.isInterrupted) break
    }
    const awaited = entries.filter((entry) => isAwaited(batch, entry))
    const areSent = awaited.length > 0 && awaited.every(({ state }) => isSent(state))
    if (takeFollowUp(batch, areSent)) followUp.request(awaited.map(({ outputId }) => outputId))
    if (entries.every(({ state }) => state.phase === 'acknowledged')) batches.close(batch.responseId)
  }

  function sendOutput(batch: FunctionCallBatch, entry: FunctionCall): void {
    const { call, outputId: id, state } = entry
    const output = state.phase === 'finished' ? state.outcome.output : placeholder
    advance(entry, { type: 'send' })
    sender.sendOutput(call, { id, output, withCall: !entry.isInConversation }, () => {
      advance(entry, { type: 'acknowledge' })
      if (entry.state.phase === 'acknowledged') acknowledged(call)
      flush(batch)
    })
  }

  function abort(batch: FunctionCallBatch, cause: 'interruption' | 'drop'): void {
    const reason = cause === 'drop' ? 'connection_lost' : 'interruption'
    for (const { state, tool } of batch.calls.values())
      if ('run' in state && tool?.abortOn.includes(cause)) state.run.abort(reason)
  }

  /** Returns the response if it is done. Items that a server sends after `response.done` are handled too. */
  function finishedResponse(id: string): FinishedResponse | undefined {
    const known = session.getState().responses.byId[id]
    return known?.isDone ? known.response : undefined
  }

  function endResponse(response: FinishedResponse): void {
    const known = session.getState().responses.byId[response.id]
    const isOutOfBand = response.conversation_id === null || known?.isInBand === false
    if (isOutOfBand && options.outOfBand === 'ignore') {
      batches.close(response.id)
      return
    }
    const batch = batches.open(response.id)
    const { size: knownBefore } = batch.calls
    // The items of `response.done` take precedence over those of the stream.
    for (const [index, item] of response.output.entries()) if (isCall(item)) add(batch, item, index)
    if (batch.response === 'done' && batch.calls.size === knownBefore) return
    const reason = cancelReason(response)
    batch.response = 'done'
    batch.isInterrupted = reason !== undefined
    batch.followUp = reason === 'client_cancelled' || followUp.isLast(response.id) ? 'none' : 'pending'
    batch.hasSpoken = response.output.some(
      (item) => item.type === 'message' && Array.isArray(item.content) && item.content.length > 0,
    )
    for (const entry of [...batch.calls.values()]) {
      if (isOutOfBand) entry.isInConversation = false
      const isIncomplete = entry.state.phase === 'receiving'
      const isForeign = !entry.tool && options.areToolsKnown() && options.unknownTools === 'ignore'
      if (isIncomplete && (isForeign || reason !== undefined)) batch.calls.delete(entry.call.callId)
      else if (isIncomplete) fail(entry, 'INCOMPLETE')
      else start(batch, entry)
    }
    if (reason !== undefined) abort(batch, 'interruption')
    flush(batch)
  }

  /** Continues one call of another process from where it was recorded. */
  function continueCall(batch: FunctionCallBatch, entry: FunctionCall, from: InterruptedCall): void {
    const { call, tool } = entry
    advance(entry, { type: 'complete' })
    if (from.progress === 'finished' && from.output !== undefined)
      advance(entry, { type: 'finish', outcome: { output: from.output, error: undefined } })
    else if (from.progress === 'started' && tool?.idempotent !== true) fail(entry, 'UNFINISHED')
    else start(batch, entry)
    if (!hasOutput(session, call.callId)) return
    const { state } = entry
    advance(entry, { type: 'acknowledge' })
    if (state.phase !== 'finished') return
    // Only the output of a background call precedes its result. Other results are in the conversation.
    if (tool?.scheduling !== 'background') acknowledged(call)
    else followUp.request([sender.sendLateResult(call, state.outcome.output, () => acknowledged(call)).itemId])
  }

  return {
    toolsKnown() {
      for (const batch of batches.all()) {
        for (const entry of [...batch.calls.values()]) if (entry.state.phase === 'waiting') start(batch, entry)
        if (batch.isInterrupted) abort(batch, 'interruption')
        flush(batch)
      }
    },
    continueCalls(calls, { calls: where }) {
      for (const from of calls) {
        const { outputId, progress: _, output: __, ...call } = from
        if (hasStopped || seen.has(call.callId)) continue
        seen.add(call.callId)
        const batch = batches.open(call.responseId)
        batch.response = 'done'
        const entry: FunctionCall = {
          call,
          outputId,
          outputIndex: batch.calls.size,
          tool: options.findTool(call.responseId, call.tool),
          isInConversation: where === 'on server',
          state: { phase: 'receiving' },
        }
        batch.calls.set(call.callId, entry)
        continueCall(batch, entry, from)
      }
      for (const responseId of new Set(calls.map((call) => call.responseId))) {
        const batch = batches.get(responseId)
        if (batch) flush(batch)
      }
    },
    itemDone(responseId, item, outputIndex) {
      if (!isCall(item)) return
      const finished = finishedResponse(responseId)
      if (!finished) {
        const batch = batches.open(responseId)
        startEarly(batch, add(batch, item, outputIndex))
      } else if (!finished.output.some((known) => isCall(known) && known.call_id === item.call_id))
        endResponse({ ...finished, output: [...finished.output, item] })
    },
    argumentsDone(responseId, callId, text) {
      if (finishedResponse(responseId)) return
      const batch = batches.open(responseId)
      batch.argumentTexts.set(callId, text)
      const entry = batch.calls.get(callId)
      if (!entry || isStarted(entry.state) || entry.call.arguments !== '') return
      entry.call = { ...entry.call, arguments: text }
      startEarly(batch, entry)
    },
    responseDone: endResponse,
    interrupt() {
      for (const batch of batches.all()) {
        batch.isInterrupted = true
        abort(batch, 'interruption')
        flush(batch)
      }
    },
    connectionLost() {
      sender.connectionLost()
      for (const batch of batches.all()) {
        batch.response = 'done'
        for (const entry of [...batch.calls.values()]) {
          if (isAcknowledged(entry.state)) continue
          if (!isStarted(entry.state)) {
            batch.calls.delete(entry.call.callId)
            seen.delete(entry.call.callId)
          }
          // The output that is sent again contains the result.
          if (entry.state.phase === 'sent') entry.state.lateResult?.cancel()
          advance(entry, { type: 'connection_lost' })
          if (batch.followUp === 'requested') batch.followUp = 'pending'
        }
        abort(batch, 'drop')
        if (batch.calls.size === 0) batches.close(batch.responseId)
      }
    },
    serverReplaced() {
      for (const { calls } of batches.all())
        for (const entry of calls.values()) if (!isAcknowledged(entry.state)) entry.isInConversation = false
    },
    resume() {
      sender.resume()
      for (const batch of batches.all()) flush(batch)
    },
    stop(reason) {
      hasStopped = true
      sender.stop()
      for (const { calls } of batches.all())
        for (const { state } of calls.values()) if ('run' in state) state.run.abort(reason)
      batches.clear()
    },
  }
}
