import { reportToHost } from '../../internal/emitter.js'
import { encodeBase64 } from '../../internal/encode-base64.js'
import { createId } from '../../internal/id.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import { isProtocolError } from '../../protocol/error.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { isSessionError, SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import type { ResponseOutcome } from '../../session/responses/outcome.js'
import { respondsToTurns } from '../../session/turn-detection.js'

/**
 * Why a fallback is needed: the response failed or was refused, ended early, did not start in time, or the connection was away for too long.
 */
export type FallbackCause = 'failed' | 'incomplete' | 'slow' | 'offline'

/** A prepared message. */
export interface FallbackMessage {
  /** The words of the message. */
  readonly text: string
  /** The message as audio in the output format of the session: 24 kHz mono PCM16 unless configured otherwise. Without it, only text is shown. */
  readonly audio?: Uint8Array | undefined
}

/** What a fallback did. */
export interface FallbackEvent {
  readonly cause: FallbackCause
  /** `retry`: another response was requested. `message`: the message was played. `none`: neither is configured, so the app has to act. */
  readonly action: 'retry' | 'message' | 'none'
  /** The response that failed. `undefined` when none was created. */
  readonly responseId: string | undefined
  /** How the response ended. `undefined` when it did not start in time or the connection is away. */
  readonly outcome: ResponseOutcome | undefined
}

/** Options of {@link runFallback}. */
export interface FallbackOptions {
  /** @defaultValue all causes */
  readonly causes?: readonly FallbackCause[] | undefined
  /**
   * How long a response may take to produce its first output, in milliseconds. `Infinity` sets no limit.
   * @defaultValue 8_000
   */
  readonly startTimeoutMs?: number | undefined
  /**
   * How long the connection may be away, in milliseconds. `Infinity` sets no limit.
   * @defaultValue 5_000
   */
  readonly offlineTimeoutMs?: number | undefined
  /** Parameters of a second request, or a function that returns them. It is made once per turn. Without it, nothing is requested again. */
  readonly retry?: ResponseCreateParams | ((cause: FallbackCause) => ResponseCreateParams | undefined) | undefined
  /** The message that is played when there is no retry, or when the retry fails too. It is played once per turn and once per outage. */
  readonly message?: FallbackMessage | ((cause: FallbackCause) => FallbackMessage | undefined) | undefined
  /**
   * Plays the message. Needed where the server plays the audio, as with `webRTC()`.
   * @defaultValue through the players of the session, as audio of the model
   */
  readonly play?: ((message: FallbackMessage) => void) | undefined
  /**
   * Returns whether the user speaks. Needed while the connection is away, because the server detects speech.
   * @defaultValue what the server reports
   */
  readonly isUserSpeaking?: (() => boolean) | undefined
  /** Called after each action. */
  readonly onFallback?: ((event: FallbackEvent) => void) | undefined
}

const allCauses: readonly FallbackCause[] = ['failed', 'incomplete', 'slow', 'offline']

/** How often to check whether the user has finished speaking while the connection is away, in milliseconds. */
const speechCheckMs = 100

/**
 * Requests a response again, plays a prepared message, or calls the app when a response fails, ends early, or does not start in time, and when
 * the connection is away for too long. It never acts while the user speaks, and acts at most once per turn.
 *
 * @example
 * ```ts
 * runFallback(session, {
 *   retry: { instructions: 'Reply in one short sentence.', tool_choice: 'none' },
 *   message: { text: 'One moment, please.', audio: oneMomentPcm16 },
 * })
 * ```
 * @throws {SessionError} `INVALID_OPTION`.
 */
export function runFallback(session: RealtimeSession, options: FallbackOptions = {}): Stoppable {
  const { causes = allCauses, startTimeoutMs = 8_000, offlineTimeoutMs = 5_000, retry, message } = options
  assertLimit('startTimeoutMs', startTimeoutMs)
  assertLimit('offlineTimeoutMs', offlineTimeoutMs)
  const { clock } = session
  const isUserSpeaking = options.isUserSpeaking ?? (() => session.getState().inputAudio.isSpeaking)
  /** What was done for the current turn. */
  let turn: 'untouched' | 'retried' | 'settled' = 'untouched'
  let retryHandle: ResponseHandle | undefined
  /** Requests whose outcome is followed by their handles. */
  const handles = new Set<ResponseHandle>()
  let expected: ResponseHandle | 'server' | undefined
  let deferred: { readonly cause: FallbackCause; readonly run: () => void } | undefined
  let playing: string | undefined
  let hasStopped = false
  const timers = { start: () => {}, offline: () => {}, speech: () => {} }

  function startTurn(): void {
    turn = 'untouched'
    deferred = undefined
    retryHandle = undefined
    timers.speech()
  }

  /** Acts. What a function of the app throws is reported to the host, because timers call this too. */
  function fallBack(cause: FallbackCause, responseId?: string, outcome?: ResponseOutcome): void {
    try {
      act(cause, responseId, outcome)
    } catch (error) {
      reportToHost(error)
    }
  }

  /** Acts, unless the user speaks. Then it waits for the end of the speech. */
  function act(cause: FallbackCause, responseId: string | undefined, outcome: ResponseOutcome | undefined): void {
    if (hasStopped || turn === 'settled' || !causes.includes(cause) || session.getState().status === 'closed') return
    if (isUserSpeaking()) {
      deferred = { cause, run: () => fallBack(cause, responseId, outcome) }
      timers.speech()
      timers.speech = clock.after(speechCheckMs, runDeferred)
      return
    }
    deferred = undefined
    const report = (action: FallbackEvent['action']) => options.onFallback?.({ cause, action, responseId, outcome })
    const params = turn === 'untouched' && cause !== 'offline' ? resolveOption(retry, cause) : undefined
    if (params) {
      turn = 'retried'
      requestAgain(cause, params)
      report('retry')
      return
    }
    turn = 'settled'
    const prepared = resolveOption(message, cause)
    if (prepared) playMessage(prepared)
    report(prepared ? 'message' : 'none')
  }

  function runDeferred(): void {
    deferred?.run()
  }

  function requestAgain(cause: FallbackCause, params: ResponseCreateParams): void {
    if (cause === 'slow') cancelSlow()
    retryHandle = undefined
    const handle = session.respond(params)
    retryHandle = handle
  }

  function cancelSlow(): void {
    const { activeId } = session.getState().responses
    if (expected && expected !== 'server') expected.cancel()
    else if (activeId !== undefined) session.interrupt({ responseId: activeId })
  }

  function playMessage(prepared: FallbackMessage): void {
    if (options.play) options.play(prepared)
    else playAsModel(prepared)
    const content = [{ type: 'output_text', text: prepared.text }] as const
    // The history contains the message, so that the next response fits it.
    session.items
      .create({ type: 'message', role: 'assistant', content: [...content] }, { timeoutMs: Number.POSITIVE_INFINITY })
      .catch(() => {})
  }

  function playAsModel({ text, audio }: FallbackMessage): void {
    const responseId = createId('resp')
    const place = { response_id: responseId, item_id: createId('item'), output_index: 0, content_index: 0 }
    const dispatch = (event: object) =>
      session.dispatch({ event_id: createId('event'), ...place, ...event } as ServerEvent)
    if (!audio) {
      dispatch({ type: 'response.output_text.delta', delta: text })
      dispatch({ type: 'response.output_text.done', text })
      return
    }
    playing = responseId
    dispatch({ type: 'response.output_audio_transcript.delta', delta: text })
    dispatch({ type: 'response.output_audio.delta', delta: encodeBase64(audio) })
    dispatch({ type: 'response.output_audio_transcript.done', transcript: text })
    dispatch({ type: 'response.output_audio.done' })
  }

  /** Expects the first output of a response in time. */
  function expectStart(request: ResponseHandle | 'server'): void {
    timers.start()
    expected = request
    if (!Number.isFinite(startTimeoutMs)) return
    timers.start = clock.after(startTimeoutMs, () => {
      const active = activeResponse()
      // A request waits for the response that runs, and its own time starts after that.
      if (active && (active.output.length > 0 || (request !== 'server' && request.id !== active.id)))
        expectStart(request)
      else fallBack('slow', active?.id)
    })
  }

  function waitForConnection(): void {
    if (Number.isFinite(offlineTimeoutMs)) timers.offline = clock.after(offlineTimeoutMs, () => fallBack('offline'))
  }

  function activeResponse() {
    const { activeId, byId } = session.getState().responses
    return activeId === undefined ? undefined : byId[activeId]
  }

  function endExpectation(): void {
    timers.start()
    expected = undefined
  }

  function onRequested(handle: ResponseHandle): void {
    if (!handle.isInBand) return
    // `respond()` of a retry emits before it returns.
    const isRetry = turn === 'retried' && retryHandle === undefined
    if (!isRetry) startTurn()
    handles.add(handle)
    expectStart(handle)
    handle.done
      .then((outcome) => {
        handles.delete(handle)
        if (expected === handle) endExpectation()
        onOutcome(handle.id, outcome)
      })
      .catch(reportToHost)
  }

  function onOutcome(responseId: string | undefined, outcome: ResponseOutcome): void {
    switch (outcome.status) {
      case 'completed':
        startTurn()
        break
      case 'failed':
      case 'incomplete':
        fallBack(outcome.status, responseId, outcome)
        break
      case 'rejected':
        if (isSessionError(outcome.error, 'TIMEOUT')) fallBack('slow', responseId, outcome)
        else if (isSessionError(outcome.error, 'SERVER_ERROR') || isProtocolError(outcome.error, 'INVALID_EVENT'))
          fallBack('failed', responseId, outcome)
        break
    }
  }

  const subscriptions = [
    session.on('requested', onRequested),
    session.on('response.created', ({ response }) => {
      const isRetryDue = retryHandle !== undefined && retryHandle.id === undefined && handles.has(retryHandle)
      // The server responded after all, and a turn gets one response.
      if (isRetryDue && response.conversation_id !== null && ![...handles].some(({ id }) => id === response.id))
        retryHandle?.cancel()
    }),
    session.on('response.output_item.added', ({ response_id }) => {
      if (session.getState().responses.byId[response_id]?.isInBand === false) return
      if (expected === 'server' || expected?.id === response_id) endExpectation()
    }),
    session.on('response.done', ({ response }) => {
      if ([...handles].some(({ id }) => id === response.id) || response.conversation_id === null) return
      if (expected === 'server') endExpectation()
      if (response.status === 'completed') startTurn()
      if (response.status === 'failed') fallBack('failed', response.id)
      if (response.status === 'incomplete') fallBack('incomplete', response.id)
    }),
    session.on('input_audio_buffer.speech_started', () => {
      endExpectation()
      if (playing === undefined) return
      session.interrupt({ responseId: playing })
      playing = undefined
    }),
    session.on('input_audio_buffer.speech_stopped', () => {
      if (respondsToTurns(session.getState().session)) {
        startTurn()
        expectStart('server')
      } else runDeferred()
    }),
    session.on('input_audio_buffer.committed', () => {
      // A turn without turn detection. The app requests its response.
      if (turn === 'settled') startTurn()
    }),
    session.on('interrupted', endExpectation),
    session.on('status', ({ status }) => {
      timers.offline()
      // An outage that ends while the user speaks needs no message any more.
      if (status === 'open' && deferred?.cause === 'offline') deferred = undefined
      if (status === 'open' && turn === 'settled') startTurn()
      if (status === 'reconnecting') {
        endExpectation()
        waitForConnection()
      }
    }),
    session.on('close', stop),
  ]

  function stop(): void {
    hasStopped = true
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    for (const cancel of Object.values(timers)) cancel()
  }

  if (session.getState().status === 'reconnecting') waitForConnection()
  return asStoppable({ stop })
}

function resolveOption<T extends object>(
  option: T | ((cause: FallbackCause) => T | undefined) | undefined,
  cause: FallbackCause,
): T | undefined {
  return typeof option === 'function' ? option(cause) : option
}

function assertLimit(option: string, ms: number): void {
  if (ms > 0) return
  throw new SessionError('INVALID_OPTION', { option, problem: `must be more than 0 ms, not ${ms}` })
}
