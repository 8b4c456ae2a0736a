import type { Clock } from '../../internal/clock.js'
import { createDeferred } from '../../internal/deferred.js'
import type { ServerEventMap } from '../../protocol/server-events.js'
import type { LocalEvents, ReceivedEventMap } from '../events.js'
import { wordsOf } from '../playback/played-transcript.js'
import type { PlaybackTracker } from '../playback/tracker.js'
import { partsOf } from '../state/item.js'
import { findResponse } from '../state/response.js'
import type { ResponseState, SessionState } from '../state/state.js'
import { callsOf, hasResult, settledCall } from './call-results.js'
import type { ResponseHandle } from './handle.js'
import type { Responses } from './options.js'
import { outcomeOf, type ResponseOutcome } from './outcome.js'
import type { SettledResponse } from './settled-response.js'

/** What {@link whenSettled} uses of a session. */
interface SettlementContext {
  readonly clock: Clock
  on<K extends keyof SettlementEvents>(type: K, listener: (event: SettlementEvents[K]) => void): () => void
  readonly getState: () => SessionState
  readonly tracker: Pick<PlaybackTracker, 'summarize' | 'onProgress'>
  readonly getResponses: () => Pick<Responses, 'isDue' | 'announcements'>
  /** The response whose audio the server plays on a media track. */
  readonly mediaResponseId: () => string | undefined
  readonly isMedia: () => boolean
  /** How long a tool call may have no result, in milliseconds. */
  readonly timeoutMs: number
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
  const { clock, on, getState, tracker, timeoutMs } = context
  const settled = createDeferred<SettledResponse>()
  const ids: string[] = []
  /** Responses of the conversation that were created while results were missing, or lost with their connection. */
  const foreign = new Set<string>()
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
    for (let last = responseOf(state, ids.at(-1)); last; last = responseOf(state, ids.at(-1))) {
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
        if (isResponseDue()) wait('due response', timeoutMs, startPlayback)
        else wait('unannounced response', unannouncedMs, startPlayback)
        return
      }
      ids.push(next)
    }
    startPlayback()
  }

  /** Whether a response to the results is known to follow. */
  function isResponseDue(): boolean {
    const { inputAudio, status } = getState()
    return context.getResponses().isDue() || inputAudio.isSpeaking || status !== 'open'
  }

  function startPlayback(): void {
    phase = 'playing'
    followPlayback()
  }

  function followPlayback(): void {
    const mediaId = context.mediaResponseId()
    const { leftMs } = tracker.summarize(ids)
    if (mediaId !== undefined && ids.includes(mediaId)) wait('media', longestPlaybackMs, finish)
    else if (leftMs !== undefined) wait(`left ${leftMs}`, leftMs + playbackSlackMs, finish)
    else if (context.isMedia() && isStartExpected()) wait('start', playbackStartMs, finish)
    else finish()
  }

  /** Whether the server has not yet reported that it plays the last response, which has audio. */
  function isStartExpected(): boolean {
    const last = responseOf(getState(), ids.at(-1))
    const isAudible = last?.output.some(({ item }) => partsOf(item).some((part) => part.type === 'output_audio'))
    return isAudible === true && !isCleared && !started.has(last?.id ?? '')
  }

  function finish(): void {
    phase = 'settled'
    timer?.cancel()
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    const state = getState()
    const last = outcome ?? { status: 'cancelled', reason: 'connection_lost', response: undefined }
    const responses = ids.flatMap((id) => responseOf(state, id) ?? [])
    const { audioMs, isCut } = tracker.summarize(ids)
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
    const last = responseOf(getState(), ids.at(-1))
    if (phase !== 'calling' || ids.length < 2 || !last || !isRunning(last)) return
    // The results are still to be replied to, on the next connection.
    foreign.add(ids.pop() ?? '')
  }

  const subscriptions = [
    on('response.created', advance),
    on('response.done', advance),
    on('conversation.item.added', advance),
    on('conversation.item.created', advance),
    on('conversation.item.done', advance),
    on('response.output_item.done', advance),
    on('input_audio_buffer.speech_started', advance),
    on('input_audio_buffer.speech_stopped', advance),
    on('input_audio_buffer.cleared', advance),
    on('session.updated', advance),
    on('output_audio_buffer.started', ({ response_id }) => {
      started.add(response_id)
      advance()
    }),
    on('output_audio_buffer.stopped', ({ response_id }) => {
      started.add(response_id)
      advance()
    }),
    on('output_audio_buffer.cleared', ({ response_id }) => {
      isCleared ||= ids.includes(response_id)
      advance()
    }),
    on('status', ({ status }) => {
      if (status === 'reconnecting') onLost()
      advance()
    }),
    on('close', ({ initiator }) => {
      if (phase === 'responding') return
      if (phase === 'calling') {
        const response = responseOf(getState(), ids.at(-1))?.response
        outcome = {
          status: 'cancelled',
          reason: initiator === 'client' ? 'session_closed' : 'connection_lost',
          response,
        }
      }
      finish()
    }),
    on('requested', ({ done }) => {
      advance()
      // A refused request has no event of its own.
      void done.then(advance)
    }),
    context.getResponses().announcements.onWithdrawn(advance),
    tracker.onProgress(advance),
  ]

  handle.done.then((first) => {
    outcome = first
    if (handle.id !== undefined) ids.push(handle.id)
    const isFollowed = handle.isInBand && isUsable(first)
    if (getState().status === 'closed') finish()
    else if (isFollowed) {
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

function responseOf(state: SessionState, id: string | undefined): ResponseState | undefined {
  return id === undefined ? undefined : findResponse(state.responses, id)
}

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
