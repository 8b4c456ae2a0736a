import { abortWith } from '../../internal/abort.js'
import { createEmitter } from '../../internal/emitter.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { responseIdIn } from '../../session/responses/correlation.js'
import { interruptsOnSpeech } from '../../session/turn-detection.js'
import { whenOpen } from '../../session/when-open.js'
import { onConnectionLoss } from '../connection-loss.js'
import { type Approvals, createApprovals } from './approvals.js'
import type { Call, CallOutcome } from './call.js'
import type { ToolError } from './error.js'
import { createFollowUp } from './follow-up.js'
import { createFunctionCallBatches } from './function-call-batches.js'
import type { ContinueCallsOptions, InterruptedCall, ToolJournal } from './journal.js'
import type { DescribeError } from './model-messages.js'
import { createOutputSender } from './output-sender.js'
import { requestProgressMessage } from './progress-message.js'
import { watchSpeechActivity } from './speech-activity.js'
import type { Tool } from './tool.js'
import { resolveLimits, type ToolLimits } from './tool-limits.js'
import { createToolRegistration, type RegisteredTool, type RegisterOptions } from './tool-registration.js'

/** Options of `runTools`. */
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

/** Events of `runTools`. */
export interface ToolEvents {
  /** A call starts. */
  started: { readonly call: Call }
  /** A call has succeeded or failed. `durationMs` is in milliseconds. */
  settled: { readonly call: Call; readonly outcome: CallOutcome; readonly durationMs: number }
  /** A call or a request failed. For a call, the model also receives an error. */
  error: ToolError
}

/** Runs the calls of the model. Tools are registered separately. */
export interface ToolService {
  /** Calls that wait for approval. */
  readonly approvals: Approvals
  on<K extends keyof ToolEvents>(type: K, listener: (event: ToolEvents[K]) => void): () => void
  stop(): void
  /** Replaces the tools of the session as soon as it is open. @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`. */
  register(tools: readonly RegisteredTool[], change?: RegisterOptions): Promise<void>
  /** Records the calls that start from now on in a journal. */
  setJournal(journal: ToolJournal): void
  /**
   * Counts a promise as an attempt to register tools until it settles, and returns it. Calls wait while there is one, and no tools were
   * acknowledged. `register` counts by itself.
   */
  trackRegistration<T>(attempt: Promise<T>): Promise<T>
  /**
   * Continues calls of another process, once the first registration was acknowledged or has failed. @throws {SessionError} `CLOSED` when the
   * session closes first.
   */
  continueCalls(calls: readonly InterruptedCall[], options: ContinueCallsOptions): Promise<void>
  /** Emits `error`. */
  report(error: ToolError): void
}

/** What `runAgents` adds to the tools. */
export interface ToolServiceOptions {
  /** Finds a tool that another process may have registered, for responses that were created before the first registration. */
  readonly findEarlierTool?: (name: string) => Tool | undefined
  /** Whether the agents created an item, so that it is no turn of the user. */
  readonly isOwnItem?: (itemId: string) => boolean
}

/**
 * Starts running the calls of the model. `runTools` and `runAgents` decide which tools are registered.
 * @throws {ToolError} `INVALID_OPTION`.
 */
export function startToolService(
  session: RealtimeSession,
  options: RunToolsOptions,
  { findEarlierTool, isOwnItem }: ToolServiceOptions = {},
): ToolService {
  const { maxResultBytes, maxRounds } = resolveLimits(options)
  const { describeError } = options
  const { clock } = session
  const { approvals = createApprovals(), outOfBand = 'ignore', unknownTools = 'answer' } = options
  const emitter = createEmitter<ToolEvents>()
  const onError = (error: ToolError) => emitter.emit('error', error)
  const startTimes = new Map<Call, number>()
  const speech = watchSpeechActivity(session)
  const followUp = createFollowUp({ session, clock, speech, maxRounds, onError, isOwnItem })
  const registration = createToolRegistration(session, () => batches.toolsKnown())
  let journal: ToolJournal | undefined
  const requestProgress = (text: string) => !followUp.isDue && requestProgressMessage(session, speech, text)
  const batches = createFunctionCallBatches({
    session,
    followUp,
    maxRounds,
    sender: createOutputSender(session, clock, onError),
    areToolsKnown: registration.isSettled,
    toolsOf: registration.toolsOf,
    findTool: (responseId, name) =>
      registration.toolsOf(responseId).byName.get(name) ??
      (registration.mayHaveOtherTools(responseId) ? findEarlierTool?.(name) : undefined),
    callOptions: { session, clock, approvals, maxResultBytes, describeError, requestProgress },
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
    journal: () => journal,
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
    onConnectionLoss(session, () => {
      batches.connectionLost()
      registration.connectionLost()
    }),
    session.on('status', ({ status }) => {
      if (status === 'open') batches.resume()
    }),
  ]

  function stop(): void {
    const reason = new SessionError('CLOSED', { code: 1000, reason: 'the tools were stopped' })
    abortWith(opening, reason)
    for (const off of unsubscribers) off()
    batches.stop('stopped')
    followUp.stop()
    registration.stop(reason)
    speech.stop()
    emitter.clear()
  }

  return {
    stop,
    register: (next, change) =>
      registration.track(
        whenOpen(session, () => registration.register(next, { signal: opening.signal, ...change }), opening.signal),
      ),
    trackRegistration: registration.track,
    setJournal(next) {
      journal = next
    },
    async continueCalls(calls, how) {
      await registration.whenSettled()
      batches.continueCalls(calls, how)
    },
    report: onError,
    approvals,
    on: emitter.on,
  }
}
