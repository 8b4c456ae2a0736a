import { createEmitter } from '../../internal/emitter.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { isInBand } from '../../session/state/response.js'
import { watchAudible } from './first-audio.js'
import { closeTurn, type LatencyMarks, type LatencyTurn, type OpenTurn, openTurn } from './latency-turn.js'
import { createSamples, type Percentiles, type Samples } from './percentiles.js'

/** The part of a session that {@link runLatency} needs. */
export type MeasuredSession = Pick<RealtimeSession, 'on' | 'playback' | 'clock'>

/** Options of {@link runLatency}. */
export interface LatencyOptions {
  /** Called with each turn when it is complete, for example to create spans. */
  onTurn?: (turn: LatencyTurn) => void
}

/** The number of turns for the percentiles: enough for p99, with little memory. */
const keptTurns = 1000

/** A running measurement. After `stop()`, the turns so far stay readable. */
export interface Latency extends Stoppable {
  /** Returns the percentiles of each mark over the last 1000 turns that had it, or `undefined` for a mark that no turn had. */
  summary(): { readonly [Mark in keyof LatencyMarks]: Percentiles | undefined }
  /** Starts a turn. Call it before `respond()` if no speech precedes the response. Only the app knows that moment. */
  requested(): void
}

/**
 * Measures how long the user waits for each response. A turn starts when the server detects the end of speech, or when `requested()` is called.
 * It ends with its last response. Function calls and the response after them belong to the turn. Out-of-band responses and turns without a
 * response are not measured.
 *
 * @example
 * ```ts
 * const latency = runLatency(session, { onTurn: ({ marks }) => console.log(marks.firstAudible) })
 * latency.summary().firstAudible?.p95
 * ```
 */
export function runLatency(session: MeasuredSession, options: LatencyOptions = {}): Latency {
  const { onTurn } = options
  const { clock } = session
  const originMs = Date.now() - clock.now()
  const samples: Record<keyof LatencyMarks, Samples> = {
    committed: createSamples(keptTurns),
    created: createSamples(keptTurns),
    firstDelta: createSamples(keptTurns),
    firstAudible: createSamples(keptTurns),
    done: createSamples(keptTurns),
    tools: createSamples(keptTurns),
  }
  // The emitter reports what `onTurn` throws, which is also called from timers.
  const emitter = createEmitter<{ turn: LatencyTurn }>()
  if (onTurn) emitter.on('turn', onTurn)
  const byResponse = new Map<string, OpenTurn>()
  /** The turn that the next response belongs to. */
  let current: OpenTurn | undefined

  function startTurn(trigger: OpenTurn['trigger']): OpenTurn {
    const before = current
    current = openTurn(trigger, clock.now())
    if (before) seal(before)
    return current
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
    const isRunning = [...turn.responses.values()].some(({ doneMs }) => doneMs === undefined)
    if (turn.responses.size === 0 || isRunning || turn.expectsMore || turn.watch) return
    if (current === turn) current = undefined
    finish(turn)
  }

  function finish(turn: OpenTurn): void {
    for (const id of turn.responses.keys()) byResponse.delete(id)
    const closed = closeTurn(turn, originMs)
    for (const [mark, values] of Object.entries(samples)) {
      const ms = closed.marks[mark as keyof LatencyMarks]
      if (ms !== undefined) values.add(ms)
    }
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

  /** The connection was lost, so its running responses do not complete. */
  function disconnect(): void {
    const open = new Set(byResponse.values())
    current = undefined
    for (const turn of open) {
      stopWatching(turn)
      for (const response of turn.responses.values()) if (response.doneMs === undefined) response.status = 'lost'
      finish(turn)
    }
  }

  function onToolOutput({ item }: { item: { readonly type: string; readonly call_id?: unknown } }): void {
    const tool = item.type === 'function_call_output' ? current?.tools.get(String(item.call_id)) : undefined
    if (tool) tool.endMs ??= clock.now()
  }

  const subscriptions = [
    session.on('input_audio_buffer.speech_stopped', () => void startTurn('speech')),
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
      turn.responses.set(id, { id, createdMs, firstDeltaMs: undefined, doneMs: undefined, status: 'in_progress' })
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
      turn.expectsMore = true
      const callId = String(item.call_id)
      turn.tools.set(callId, { callId, name: String(item.name), startMs: clock.now(), endMs: undefined })
    }),
    session.on('conversation.item.added', onToolOutput),
    session.on('conversation.item.created', onToolOutput),
    session.on('response.done', ({ response }) => onDone(response.id, response.status)),
    session.on('interrupted', () => current?.watch && seal(current)),
    session.on('session.created', disconnect),
    session.on('close', disconnect),
  ]

  return asStoppable({
    summary: () => ({
      committed: samples.committed.percentiles(),
      created: samples.created.percentiles(),
      firstDelta: samples.firstDelta.percentiles(),
      firstAudible: samples.firstAudible.percentiles(),
      done: samples.done.percentiles(),
      tools: samples.tools.percentiles(),
    }),
    requested() {
      if (subscriptions.length > 0) startTurn('request')
    },
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
      for (const turn of byResponse.values()) turn.watch?.stop()
      byResponse.clear()
      current = undefined
      emitter.clear()
    },
  })
}
