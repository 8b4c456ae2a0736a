import { abortWith } from '../../internal/abort.js'
import { createEmitter } from '../../internal/emitter.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { responseIdIn } from '../../session/responses/correlation.js'
import { interruptsOnSpeech } from '../../session/turn-detection.js'
import { type Approvals, createApprovals } from './approvals.js'
import { type Call, type CallOutcome, startCall } from './call.js'
import { isToolError, type ToolError } from './error.js'
import { createFollowUp } from './follow-up.js'
import { createFunctionCallBatches } from './function-call-batches.js'
import { resolveLimits, type ToolLimits } from './limits.js'
import type { DescribeError } from './model-messages.js'
import { createOutputSender } from './output-sender.js'
import { requestProgressMessage } from './progress-message.js'
import { watchSpeechActivity } from './speech-activity.js'
import { createToolRegistration, type RegisteredTool, type RegisterOptions, toolSetOf } from './tool-registration.js'

/** Options of {@link runTools}. */
export interface RunToolsOptions extends ToolLimits {
  /** Where calls wait for approval. @defaultValue a new queue */
  approvals?: Approvals
  /** Returns the message that the model receives for a failure. By default it does not contain what a tool threw, which can contain secrets. */
  describeError?: DescribeError
  /**
   * Calls of responses with `conversation: 'none'`: ignored, or run and added to the conversation with their outputs.
   * @defaultValue 'ignore'
   */
  outOfBand?: 'ignore' | 'answer'
  /** Calls of tools that are not registered here. Use `ignore` if another part of the app handles them. @defaultValue 'answer' */
  unknownTools?: 'answer' | 'ignore'
}

/** Events of {@link runTools}. */
export interface ToolEvents {
  /** A call starts. */
  started: { readonly call: Call }
  /** A call has succeeded or failed. `durationMs` is in milliseconds. */
  settled: { readonly call: Call; readonly outcome: CallOutcome; readonly durationMs: number }
  /** A call or a request failed. For a call, the model also receives an error. */
  error: ToolError
}

/** The tools of a session while they run. */
export interface ToolRun extends Stoppable {
  /**
   * Aborts running calls and stops handling new ones, without a message to the model. The tools stay in the session configuration; to remove
   * them, call `setTools([])` first.
   */
  stop(): void
  /** Resolves when the server has acknowledged the first tools. Rejects with `TOOLS_REFUSED`, or with `CLOSED` if the session closes first. */
  readonly ready: Promise<void>
  /**
   * Replaces the tools. Calls of earlier responses run with the earlier tools. Resolves when the server has acknowledged the change.
   * @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`. The earlier tools stay active. @throws {SessionError} `CLOSED`.
   */
  setTools(tools: readonly RegisteredTool[]): Promise<void>
  /** Calls that wait for approval. */
  readonly approvals: Approvals
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof ToolEvents>(type: K, listener: (event: ToolEvents[K]) => void): () => void
}

/**
 * Registers tools and runs the calls of the model, until the session closes or `stop` is called. The list replaces all other tools of the
 * session. Call it before or after `connect`.
 *
 * @example
 * ```ts
 * const run = runTools(session, [weather, sendMail])
 * ```
 * @throws {ToolError} `INVALID_TOOL` if two tools have the same name, `INVALID_OPTION` if a limit is invalid.
 */
export function runTools(
  session: RealtimeSession,
  tools: readonly RegisteredTool[],
  options: RunToolsOptions = {},
): ToolRun {
  toolSetOf(tools)
  const { stop, register: offer, report, approvals, on } = serveTools(session, options)
  const ready = offer(tools)
  ready.catch((error: unknown) => {
    if (isToolError(error)) report(error)
  })
  return asStoppable({ stop, ready, setTools: (next: readonly RegisteredTool[]) => offer(next), approvals, on })
}

/** Runs the calls of the model. Tools are registered separately. */
export interface ToolService extends Pick<ToolRun, 'approvals' | 'on'> {
  stop(): void
  /** Replaces the tools of the session as soon as it is open. @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`. */
  register(tools: readonly RegisteredTool[], change?: RegisterOptions): Promise<void>
  /** Emits `error`. */
  report(error: ToolError): void
}

/** Starts running the calls of the model. `runTools` and `runAgents` decide which tools are registered. @throws {ToolError} `INVALID_OPTION`. */
export function serveTools(session: RealtimeSession, options: RunToolsOptions): ToolService {
  const { maxResultBytes, maxRounds } = resolveLimits(options)
  const { describeError } = options
  const { clock } = session
  const { approvals = createApprovals(), outOfBand = 'ignore', unknownTools = 'answer' } = options
  const emitter = createEmitter<ToolEvents>()
  const onError = (error: ToolError) => emitter.emit('error', error)
  const startTimes = new Map<Call, number>()
  const speech = watchSpeechActivity(session)
  const followUp = createFollowUp({ session, clock, speech, maxRounds, onError })
  const registration = createToolRegistration(session)
  const batches = createFunctionCallBatches({
    session,
    followUp,
    maxRounds,
    sender: createOutputSender(session, clock, onError),
    toolsOf: registration.toolsOf,
    start(call, tool) {
      const say = (text: string) => !followUp.isDue && requestProgressMessage(session, speech, text)
      return startCall(call, tool, { session, clock, approvals, maxResultBytes, describeError, requestProgress: say })
    },
    onStart(call) {
      startTimes.set(call, clock.now())
      emitter.emit('started', { call })
    },
    onOutcome(call, outcome) {
      const now = clock.now()
      const durationMs = now - (startTimes.get(call) ?? now)
      startTimes.delete(call)
      emitter.emit('settled', { call, outcome, durationMs })
      if (outcome.error) onError(outcome.error)
    },
    describeError,
    outOfBand,
    unknownTools,
  })

  const opening = new AbortController()

  const unsubscribers = [
    session.on('response.output_item.done', ({ response_id, item, output_index }) => {
      batches.itemDone(response_id, item, output_index ?? 0)
    }),
    session.on('response.function_call_arguments.done', ({ response_id, call_id, arguments: text }) =>
      batches.argumentsDone(response_id, call_id, text),
    ),
    session.on('response.done', ({ response }) => {
      batches.responseDone(response)
      registration.forget(response.id)
    }),
    session.on('invalid', ({ type, frame }) => {
      const id = type === 'response.done' ? responseIdIn(frame) : undefined
      if (id !== undefined) batches.responseDone({ id, status: 'failed', output: [] })
    }),
    session.on('input_audio_buffer.speech_started', () => {
      if (interruptsOnSpeech(session.getState().session)) batches.interrupt()
    }),
    session.on('interrupted', () => batches.interrupt()),
    session.on('session.created', () => batches.serverReplaced()),
    session.on('close', () => stop()),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') {
        batches.connectionLost()
        registration.connectionLost()
      } else if (status === 'open') batches.resume()
    }),
  ]

  function stop(): void {
    abortWith(opening, new SessionError('CLOSED', { code: 1000, reason: 'the tools were stopped' }))
    for (const off of unsubscribers) off()
    batches.stop('stopped')
    followUp.stop()
    registration.stop()
    speech.stop()
    emitter.clear()
  }

  return {
    stop,
    register: (next, change) => whenOpen(session, opening.signal, () => registration.register(next, change)),
    report: onError,
    approvals,
    on: emitter.on,
  }
}

/**
 * Calls `act` when the session is open, in the same tick, so that later events are sent after it. While the session is not open, it subscribes
 * to the state: state subscribers run before queued responses are sent.
 */
function whenOpen(session: RealtimeSession, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const acted = new Promise<void>((resolve, reject) => {
    const check = () => {
      const { status } = session.getState()
      if (status === 'closed') onAbort()
      if (status !== 'open' && status !== 'reconnecting') return
      release()
      act().then(resolve, reject)
    }
    const onAbort = () => {
      release()
      reject(signal.reason ?? new SessionError('CLOSED', { code: 1000, reason: '' }))
    }
    const release = () => {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
    }
    const unsubscribe = session.subscribe(check)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else check()
  })
  // Callers that await the promise still receive the rejection. An ignored promise must not end the process.
  acted.catch(() => {})
  return acted
}
