import { createEmitter } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import { inputFormatOf } from '../../session/audio-format.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { isInBand } from '../../session/state/response.js'
import { turnDetectionOf } from '../../session/turn-detection.js'
import { onConversationItem, onMcpCall } from '../conversation-items.js'
import type { Approvals } from '../tools/approvals.js'
import type { UsageState } from '../usage/run-usage.js'
import { recordDelays, type ToolActivity } from './delays.js'
import { watchAudible } from './first-audio.js'
import { closeTurn, type LatencyTurn, type OpenTurn, openTurn } from './latency-turn.js'
import { createLatencySamples, type LatencySummary } from './percentiles.js'
import { createSpeechEnd, type TurnSettings } from './speech-end.js'
import { usageOf } from './turn-usage.js'

/** The part of a session that {@link runLatency} needs. */
export type MeasuredSession = Pick<RealtimeSession, 'on' | 'playback' | 'clock' | 'audio' | 'getState'>

/** Options of {@link runLatency}. */
export interface LatencyOptions {
  /** Called with each turn when it is complete, for example to create spans. */
  onTurn?: (turn: LatencyTurn) => void
  /**
   * What `runTools` or `runAgents` returned. Without it, a call lasts until the server has acknowledged its output, and approvals count as
   * time of the tool.
   */
  tools?: ToolActivity | undefined
  /** Another queue of approvals, for example of `runMcp`. */
  approvals?: Pick<Approvals, 'on'> | undefined
  /** What `runUsage` returned: each turn then has its tokens and its cost. */
  usage?: Pick<ReadableStore<UsageState>, 'getState'> | undefined
}

/** A running measurement. After `stop()`, the turns so far stay readable. */
export interface Latency extends Stoppable {
  /** Returns the percentiles of each mark over the last 1000 turns that had it, or `undefined` for a mark that no turn had. */
  summary(): LatencySummary
  /** Starts a turn. Call it before `respond()` if no speech precedes the response. Only the app knows that moment. */
  requested(): void
}

/**
 * Measures how long the user waits for each response. A turn starts when the server detects the end of speech, or when `requested()` is called.
 * It ends with its last response. Calls of tools and the response after them belong to the turn. Out-of-band responses and turns without a
 * response are not measured.
 *
 * @example
 * ```ts
 * const latency = runLatency(session, { onTurn: ({ marks }) => console.log(marks.firstAudible) })
 * latency.summary().firstAudible?.p95
 * ```
 */
export function runLatency(session: MeasuredSession, options: LatencyOptions = {}): Latency {
  const { onTurn, tools, approvals, usage } = options
  const { clock } = session
  const originMs = Date.now() - clock.now()
  const samples = createLatencySamples()
  const delays = recordDelays({
    session,
    clock,
    tools: tools ? [tools] : [],
    approvals: [tools?.approvals, approvals].filter((queue) => queue !== undefined),
  })
  const speechEnd = createSpeechEnd(clock, () => turnSettings(session))
  // The emitter reports what `onTurn` throws, which is also called from timers.
  const emitter = createEmitter<{ turn: LatencyTurn }>()
  if (onTurn) emitter.on('turn', onTurn)
  const byResponse = new Map<string, OpenTurn>()
  /** The turn that the next response belongs to. */
  let current: OpenTurn | undefined
  /** When the connection was lost, until the session is open again. */
  let lostAtMs: number | undefined

  function startTurn(trigger: OpenTurn['trigger'], silentFromMs = clock.now()): OpenTurn {
    const before = current
    current = openTurn(trigger, clock.now(), silentFromMs)
    if (before) seal(before)
    return current
  }

  function onSpeechStopped(audioEndMs: number | undefined): void {
    const { spokeUntilMs, detectableMs } = speechEnd.of(audioEndMs)
    const turn = startTurn('speech', spokeUntilMs)
    turn.delays.push({ cause: 'turnDetection', startMs: spokeUntilMs, endMs: detectableMs })
  }

  /** Closes a turn for new responses. Its running responses may still complete. */
  function seal(turn: OpenTurn): void {
    if (current === turn) current = undefined
    turn.expectsMore = false
    stopWatching(turn)
    finishIfComplete(turn)
  }

  function stopWatching(turn: OpenTurn): void {
    const audibleMs = turn.watch?.stop()
    if (audibleMs !== undefined) turn.marks.firstAudible ??= audibleMs
    turn.watch = undefined
  }

  function finishIfComplete(turn: OpenTurn): void {
    const isRunning = [...turn.responses.values()].some(
      ({ doneMs, status }) => doneMs === undefined && status !== 'lost',
    )
    if (turn.responses.size === 0 || isRunning || turn.expectsMore || turn.watch) return
    if (current === turn) current = undefined
    finish(turn)
  }

  function finish(turn: OpenTurn): void {
    for (const id of turn.responses.keys()) byResponse.delete(id)
    // Without `tools`, a call ends with its output in the conversation.
    if (!tools)
      for (const { type, startMs, endMs } of turn.tools.values())
        if (type === 'function' && endMs !== undefined) turn.delays.push({ cause: 'tool', startMs, endMs })
    const context = { originMs, delays: delays.recorded(), usage: usageOf(usage, turn.responses.keys()) }
    const closed = closeTurn(turn, context)
    samples.add(closed)
    emitter.emit('turn', closed)
  }

  function onDelta({ response_id }: { response_id: string }): OpenTurn | undefined {
    const turn = byResponse.get(response_id)
    const response = turn?.responses.get(response_id)
    if (!turn || !response) return undefined
    response.firstDeltaMs ??= clock.now()
    turn.marks.firstDelta ??= clock.now()
    return turn
  }

  function onAudio(turn: OpenTurn, itemId: string): void {
    turn.firstAudioMs ??= clock.now()
    if (turn.marks.firstAudible !== undefined || turn.watch || turn !== current) return
    turn.watch = watchAudible(session.playback, clock, itemId, (atMs) => {
      turn.watch = undefined
      if (atMs !== undefined) turn.marks.firstAudible = atMs
      finishIfComplete(turn)
    })
  }

  function onDone(id: string, status: string): void {
    const turn = byResponse.get(id)
    const response = turn?.responses.get(id)
    if (!turn || !response || response.doneMs !== undefined) return
    response.doneMs = clock.now()
    response.status = status
    turn.marks.done = response.doneMs
    // Without a player that has the audio, no report of the first played audio will come.
    if (!session.playback.isPlaying) stopWatching(turn)
    finishIfComplete(turn)
  }

  /** The connection was lost, so the running responses do not complete. A turn that brought nothing yet waits for the next response. */
  function disconnect(canContinue: boolean): void {
    const kept = canContinue && current && isSilent(current) ? current : undefined
    current = kept
    for (const turn of new Set(byResponse.values())) {
      stopWatching(turn)
      for (const response of turn.responses.values()) {
        if (response.doneMs !== undefined || response.lostMs !== undefined) continue
        response.status = 'lost'
        response.lostMs = lostAtMs ?? clock.now()
      }
      if (turn !== kept) finish(turn)
    }
    if (kept) kept.expectsMore = kept.responses.size > 0
  }

  const subscriptions = [
    session.audio.onAppend(speechEnd.append),
    session.on('input_audio_buffer.speech_stopped', ({ audio_end_ms }) => onSpeechStopped(audio_end_ms ?? undefined)),
    session.on('input_audio_buffer.committed', () => {
      const isSpeech = current?.trigger === 'speech' && current.responses.size === 0
      const turn = isSpeech && current ? current : startTurn('commit')
      turn.marks.committed ??= clock.now()
    }),
    session.on('response.created', ({ response }) => {
      const { id } = response
      if (!isInBand(response) || byResponse.has(id)) return
      const isNext = current && (current.responses.size === 0 || current.expectsMore)
      const turn = isNext && current ? current : startTurn('response')
      const createdMs = clock.now()
      turn.expectsMore = false
      turn.marks.created ??= createdMs
      const open = { firstDeltaMs: undefined, doneMs: undefined, lostMs: undefined, status: 'in_progress' }
      turn.responses.set(id, { id, createdMs, ...open })
      byResponse.set(id, turn)
    }),
    session.on('response.output_text.delta', onDelta),
    session.on('response.output_audio_transcript.delta', onDelta),
    session.on('response.output_audio.delta', (event) => {
      const turn = onDelta(event)
      if (turn) onAudio(turn, event.item_id)
    }),
    session.on('output_audio_buffer.started', ({ response_id }) => {
      const turn = byResponse.get(response_id)
      if (turn) turn.marks.firstAudible ??= clock.now()
    }),
    session.on('response.output_item.done', ({ response_id, item }) => {
      const turn = byResponse.get(response_id)
      if (!turn || item.type !== 'function_call' || !('call_id' in item)) return
      // The response to the results of an earlier turn's call belongs to the turn that has started since.
      if (turn === current) turn.expectsMore = true
      const callId = String(item.call_id)
      turn.tools.set(callId, {
        callId,
        name: String(item.name),
        type: 'function',
        startMs: clock.now(),
        endMs: undefined,
      })
    }),
    // The response to the result of an MCP tool belongs to the turn, also after an approval.
    session.on('response.output_item.added', ({ response_id, item: { type } }) => {
      const turn = byResponse.get(response_id)
      if (turn && turn === current && (type === 'mcp_call' || type === 'mcp_approval_request')) turn.expectsMore = true
    }),
    onMcpCall(session, {
      onStarted({ itemId: callId, tool: name }) {
        current?.tools.set(callId, { callId, name, type: 'mcp', startMs: clock.now(), endMs: undefined })
      },
      onEnded({ itemId }) {
        const call = current?.tools.get(itemId)
        if (call) call.endMs = clock.now()
      },
    }),
    onConversationItem(session, (item) => {
      const tool = item.type === 'function_call_output' ? current?.tools.get(String(item.call_id)) : undefined
      if (tool) tool.endMs ??= clock.now()
    }),
    session.on('response.done', ({ response }) => onDone(response.id, response.status)),
    session.on('interrupted', () => current?.watch && seal(current)),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') lostAtMs ??= clock.now()
      else if (status === 'open') lostAtMs = undefined
    }),
    session.on('session.created', () => {
      speechEnd.serverStarted()
      disconnect(true)
    }),
    session.on('close', () => disconnect(false)),
  ]

  return asStoppable({
    summary: samples.summary,
    requested() {
      if (subscriptions.length > 0) startTurn('request')
    },
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
      delays.stop()
      for (const turn of byResponse.values()) turn.watch?.stop()
      byResponse.clear()
      current = undefined
      emitter.clear()
    },
  })
}

const isSilent = ({ marks }: OpenTurn) => marks.firstDelta === undefined && marks.firstAudible === undefined

function turnSettings(session: MeasuredSession): TurnSettings {
  const resource = session.getState().session
  const detection = turnDetectionOf(resource) as { readonly silence_duration_ms?: number | null } | null | undefined
  return { format: inputFormatOf(resource), silenceMs: detection?.silence_duration_ms ?? undefined }
}
