import { createDeferred } from '../../internal/deferred.js'
import { addListener } from '../../internal/emitter.js'
import type { ServerEventMap } from '../../protocol/server-events.js'
import type { ServerFrame } from '../connection/connection-options.js'
import type { ConnectionOf } from '../connection/connection-parts.js'
import { listen } from '../connection/event-exchange.js'
import type { LocalEvents, ReceivedEventMap } from '../events.js'
import { type InterruptionHandler, mediaResponseId } from '../playback/interruption.js'
import { wordsOf } from '../playback/played-transcript.js'
import { onProgress, type PlaybackTracker, summarizeAudio } from '../playback/tracker.js'
import { partsOf } from '../state/item.js'
import { findResponse } from '../state/response.js'
import type { ResponseState } from '../state/state.js'
import { readState, type StateStore } from '../state/state-store.js'
import { callsOf, hasResult, settledCall } from './call-results.js'
import type { ResponseHandle } from './handle.js'
import type { Responses } from './options.js'
import { outcomeOf, type ResponseOutcome } from './outcome.js'
import { isResponseDue } from './scheduler.js'
import type { SettledResponse } from './settled-response.js'

/** What {@link whenSettled} uses of a session. */
interface SettlementContext {
  readonly connection: ConnectionOf<never, ServerFrame, SettlementEvents>
  readonly store: StateStore
  readonly tracker: PlaybackTracker
  readonly responses: Responses
  readonly interruption: InterruptionHandler
}

type SettlementEvents = ReceivedEventMap<ServerEventMap> & LocalEvents & { requested: ResponseHandle }

/** How long an app that sends results itself may take to request or announce the response to them, in milliseconds. */
const unannouncedMs = 1_000

/** How long a server may take to start playing a response on a media track, in milliseconds. */
const playbackStartMs = 1_000

/** How long a player may report no progress beyond the duration of the audio that is left, in milliseconds. */
const playbackSlackMs = 5_000

/** The longest playback on a media track, in milliseconds. */
const longestPlaybackMs = 600_000

/** Resolves when everything that the response led to is finished. It never rejects and always resolves. */
export function whenSettled(handle: ResponseHandle, context: SettlementContext): Promise<SettledResponse> {
  const { connection, store, tracker, responses, interruption } = context
  const { clock, transport } = connection.options
  // How long a tool call may have no result.
  const timeoutMs = responses.responseTimeoutMs
  const getState = () => readState(store)
  const settled = createDeferred<SettledResponse>()
  const ids: string[] = []
  /** Responses of the conversation that were created while results were missing, or lost with their connection. */
  const foreign = new Set<string>()
  /** The followed responses as last seen. The state keeps only the last ones, and a slow tool can outlast them. */
  const seen = new Map<string, ResponseState>()
  /** Responses whose playback on a media track has started. */
  const started = new Set<string>()
  let outcome: ResponseOutcome | undefined
  let phase: 'responding' | 'calling' | 'playing' | 'settled' = 'responding'
  let isCleared = false
  let timer: { readonly reason: string; readonly cancel: () => void } | undefined

  /** Waits for the next event, at most `ms` milliseconds. The same reason does not extend the time. */
  function wait(reason: string, ms: number, then: () => void): void {
    if (timer?.reason === reason) return
    timer?.cancel()
    timer = { reason, cancel: Number.isFinite(ms) ? clock.after(ms, then) : () => {} }
  }

  function advance(): void {
    if (phase === 'calling') followCalls()
    else if (phase === 'playing') followPlayback()
  }

  /** Follows the calls of the last response to the response to their results. */
  function followCalls(): void {
    const state = getState()
    for (let last = lastResponse(); last; last = lastResponse()) {
      if (isRunning(last)) {
        wait(`response ${last.id}`, timeoutMs, startPlayback)
        return
      }
      outcome = outcomeOf(last.response as Parameters<typeof outcomeOf>[0])
      const calls = callsOf(last)
      const missing = calls.filter((call) => !hasResult(state, call)).length
      if (calls.length === 0 || !isUsable(outcome)) break
      const next = state.responses.order
        .slice(state.responses.order.indexOf(last.id) + 1)
        .find((id) => state.responses.byId[id]?.isInBand && !foreign.has(id))
      if (missing > 0) {
        // A response that was created before the results were there is not a response to them.
        if (next !== undefined) foreign.add(next)
        wait(`results ${missing}`, timeoutMs, startPlayback)
        return
      }
      if (next === undefined) {
        if (isFollowed()) wait('due response', timeoutMs, startPlayback)
        else wait('unannounced response', unannouncedMs, startPlayback)
        return
      }
      ids.push(next)
    }
    startPlayback()
  }

  function find(id = ''): ResponseState | undefined {
    const found = findResponse(getState().responses, id)
    if (found) seen.set(id, found)
    return seen.get(id)
  }

  const lastResponse = () => find(ids.at(-1))

  /** Whether a response to the results is known to follow. */
  function isFollowed(): boolean {
    const { inputAudio, status } = getState()
    return isResponseDue(responses) || inputAudio.isSpeaking || status !== 'open'
  }

  function startPlayback(): void {
    phase = 'playing'
    followPlayback()
  }

  function followPlayback(): void {
    const mediaId = mediaResponseId(interruption)
    const { leftMs } = summarizeAudio(tracker, ids)
    if (mediaId !== undefined && ids.includes(mediaId)) wait('media', longestPlaybackMs, finish)
    else if (leftMs !== undefined) wait(`left ${leftMs}`, leftMs + playbackSlackMs, finish)
    else if (transport.audio !== 'media' || !isStartExpected()) finish()
    // The server plays one response after the other.
    else if (mediaId !== undefined) wait(`start after ${mediaId}`, longestPlaybackMs, finish)
    else wait('start', playbackStartMs, finish)
  }

  /** Whether the server has not yet reported that it plays the last response, which has audio. */
  function isStartExpected(): boolean {
    const last = lastResponse()
    const isAudible = last?.output.some(({ item }) => partsOf(item).some((part) => part.type === 'output_audio'))
    return isAudible === true && !isCleared && !started.has(last?.id ?? '')
  }

  function finish(): void {
    phase = 'settled'
    timer?.cancel()
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    const state = getState()
    const last = outcome ?? { status: 'cancelled', reason: 'connection_lost', response: undefined }
    const responses = ids.flatMap((id) => find(id) ?? [])
    const { audioMs, isCut } = summarizeAudio(tracker, ids)
    settled.resolve({
      outcome: last,
      isInterrupted: isCut || isCleared || (last.status === 'cancelled' && last.reason === 'turn_detected'),
      responseIds: ids,
      text: responses.flatMap(textsOf).join('\n'),
      audioMs: Math.round(audioMs),
      toolCalls: responses.flatMap(callsOf).flatMap((call) => settledCall(state, call)),
      usage: responses.reduce<unknown>(
        (sum, { response }) => add(sum, response.usage),
        undefined,
      ) as SettledResponse['usage'],
    })
  }

  function onLost(): void {
    const last = lastResponse()
    if (phase !== 'calling' || ids.length < 2 || !last || !isRunning(last)) return
    // The results are still to be replied to, on the next connection.
    foreign.add(ids.pop() ?? '')
  }

  const subscriptions = [
    listen(connection, 'response.created', advance),
    listen(connection, 'response.done', advance),
    listen(connection, 'conversation.item.added', advance),
    listen(connection, 'conversation.item.created', advance),
    listen(connection, 'conversation.item.done', advance),
    listen(connection, 'response.output_item.done', advance),
    listen(connection, 'input_audio_buffer.speech_started', advance),
    listen(connection, 'input_audio_buffer.speech_stopped', advance),
    listen(connection, 'input_audio_buffer.cleared', advance),
    listen(connection, 'session.updated', advance),
    listen(connection, 'output_audio_buffer.started', ({ response_id }) => {
      started.add(response_id)
      advance()
    }),
    listen(connection, 'output_audio_buffer.stopped', ({ response_id }) => {
      started.add(response_id)
      advance()
    }),
    listen(connection, 'output_audio_buffer.cleared', ({ response_id }) => {
      isCleared ||= ids.includes(response_id)
      advance()
    }),
    listen(connection, 'status', ({ status }) => {
      if (status === 'reconnecting') onLost()
      advance()
    }),
    listen(connection, 'close', ({ initiator }) => {
      if (phase === 'responding') return
      if (phase === 'calling') {
        const response = lastResponse()?.response
        outcome = {
          status: 'cancelled',
          reason: initiator === 'client' ? 'session_closed' : 'connection_lost',
          response,
        }
      }
      finish()
    }),
    listen(connection, 'requested', ({ done }) => {
      advance()
      // A refused request has no event of its own.
      void done.then(advance)
    }),
    addListener(responses.announcements.listeners, 'withdrawn', advance),
    onProgress(tracker, advance),
  ]

  handle.done.then((first) => {
    outcome = first
    if (handle.id !== undefined) ids.push(handle.id)
    // The state may drop it before it has settled.
    lastResponse()
    const hasCalls = handle.isInBand && isUsable(first)
    if (getState().status === 'closed') finish()
    else if (hasCalls) {
      phase = 'calling'
      followCalls()
    } else startPlayback()
  })
  return settled.promise
}

/** Whether the tool calls of a response with this outcome get a response. */
const isUsable = ({ status }: ResponseOutcome) => status === 'completed' || status === 'incomplete'

/** Whether `response.done` is still to come. A lost connection marks a response as done and leaves its status as it is. */
const isRunning = ({ isDone, response }: ResponseState) => !isDone || response.status === 'in_progress'

function textsOf({ output }: ResponseState): string[] {
  return output.flatMap(({ item }) => {
    if (item.type !== 'message') return []
    const text = partsOf(item).map(wordsOf).join(' ')
    return text === '' ? [] : [text]
  })
}

/** Adds numbers field by field. Other values are kept. */
function add(sum: unknown, value: unknown): unknown {
  if (typeof sum === 'number' && typeof value === 'number') return sum + value
  if (value == null) return sum ?? undefined
  if (sum == null || typeof sum !== 'object' || typeof value !== 'object') return value
  const result: Record<string, unknown> = { ...sum }
  for (const [key, field] of Object.entries(value)) result[key] = add(result[key], field)
  return result
}
