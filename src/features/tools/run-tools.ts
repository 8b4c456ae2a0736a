import { abortWith } from '../../internal/abort.js'
import { createEmitter } from '../../internal/emitter.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { responseIdIn } from '../../session/responses/response-id-in.js'
import { type Approvals, createApprovals } from './approvals.js'
import { type Call, type CallOutcome, startCall } from './call.js'
import { createDelivery } from './deliver.js'
import { isToolError, type ToolError } from './error.js'
import { createFollowUp } from './follow-up.js'
import { createOffer, type OfferChange, type OfferedTool, toolSetOf } from './offer.js'
import { limitsOf, type ToolLimits } from './options.js'
import { sayMeanwhile } from './progress.js'
import { watchQuiet } from './quiet.js'
import { createRounds } from './rounds.js'
import type { DescribeError } from './tell.js'

/** Options of {@link runTools}. */
export interface RunToolsOptions extends ToolLimits {
  /** Where calls wait for an approval. @defaultValue a queue of its own */
  approvals?: Approvals
  /** Puts a failure into words for the model. What a tool throws is not told by default: it may hold secrets. */
  describeError?: DescribeError
  /**
   * Calls of responses out of band (`conversation: 'none'`): not run, or run and put into the conversation with their outputs.
   * @defaultValue 'ignore'
   */
  outOfBand?: 'ignore' | 'answer'
  /** Calls of tools that are not ours; ignore them when somebody else answers them. @defaultValue 'answer' */
  unknownTools?: 'answer' | 'ignore'
}

/** What {@link runTools} tells its listeners. */
export interface ToolEvents {
  /** A call begins. */
  started: { readonly call: Call }
  /** A call has come to its end, well or not. */
  settled: { readonly call: Call; readonly outcome: CallOutcome; readonly durationMs: number }
  /** Something failed. Whatever concerns a call was told to the model. */
  error: ToolError
}

/** The tools of a session while they run. */
export interface ToolRun extends Stoppable {
  /**
   * Aborts running calls and stops handling new ones, without a message to the model. The tools stay in the session configuration; to remove
   * them, call `setTools([])` first.
   */
  stop(): void
  /** Resolves when the server has acknowledged the first tools, and rejects with `TOOLS_REFUSED`, or `CLOSED` when the session ends first. */
  readonly ready: Promise<void>
  /**
   * Offers other tools from now on. Calls of older responses run with the tools that were in force then.
   * @returns resolves when the server has acknowledged it
   * @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`; the old tools stay in force. @throws {SessionError} `CLOSED`.
   */
  setTools(tools: readonly OfferedTool[]): Promise<void>
  /** Calls that wait for an approval. */
  readonly approvals: Approvals
  on<K extends keyof ToolEvents>(type: K, listener: (event: ToolEvents[K]) => void): () => void
}

/**
 * Offers tools to the model and answers its calls, for as long as the session lives or until the answer is called. It may be
 * called before `connect`. It offers what it is given in place of all other tools of the session.
 *
 * ```ts
 * const run = runTools(session, [weather, sendMail])
 * ```
 * @throws {ToolError} `INVALID_TOOL` when two tools have one name, `INVALID_OPTION` when a limit cannot work.
 */
export function runTools(
  session: RealtimeSession,
  tools: readonly OfferedTool[],
  options: RunToolsOptions = {},
): ToolRun {
  toolSetOf(tools)
  const { stop, offer, report, approvals, on } = serveTools(session, options)
  const ready = offer(tools)
  ready.catch((error: unknown) => {
    if (isToolError(error)) report(error)
  })
  return asStoppable({ stop, ready, setTools: (next: readonly OfferedTool[]) => offer(next), approvals, on })
}

/** Tools at work, with nothing offered yet. */
export interface ToolService extends Pick<ToolRun, 'approvals' | 'on'> {
  stop(): void
  /** Offers tools in place of all others, when the session is open. @throws {ToolError} `INVALID_TOOL`, `TOOLS_REFUSED`. */
  offer(tools: readonly OfferedTool[], change?: OfferChange): Promise<void>
  /** Tells the listeners of a failure. */
  report(error: ToolError): void
}

/** Answers the calls of the model, for whoever decides what is offered. @throws {ToolError} `INVALID_OPTION`. */
export function serveTools(session: RealtimeSession, options: RunToolsOptions): ToolService {
  const { maxResultBytes, maxRounds } = limitsOf(options)
  const { describeError } = options
  const { clock } = session
  const { approvals = createApprovals(), outOfBand = 'ignore', unknownTools = 'answer' } = options
  const emitter = createEmitter<ToolEvents>()
  const onError = (error: ToolError) => emitter.emit('error', error)
  const beginnings = new Map<Call, number>()
  const quiet = watchQuiet(session)
  const followUp = createFollowUp({ session, clock, quiet, maxRounds, onError })
  const offer = createOffer(session)
  const rounds = createRounds({
    session,
    followUp,
    maxRounds,
    delivery: createDelivery(session, clock, onError),
    toolsOf: offer.of,
    start(call, tool) {
      const say = (text: string) => !followUp.isDue && sayMeanwhile(session, quiet, text)
      return startCall(call, tool, { session, clock, approvals, maxResultBytes, describeError, say })
    },
    onStart(call) {
      beginnings.set(call, clock.now())
      emitter.emit('started', { call })
    },
    onOutcome(call, outcome) {
      const now = clock.now()
      const durationMs = now - (beginnings.get(call) ?? now)
      beginnings.delete(call)
      emitter.emit('settled', { call, outcome, durationMs })
      if (outcome.error) onError(outcome.error)
    },
    describeError,
    outOfBand,
    unknownTools,
  })

  const opening = new AbortController()

  const undo = [
    session.on('response.output_item.done', ({ response_id, item, output_index }) => {
      rounds.itemDone(response_id, item, output_index)
    }),
    session.on('response.function_call_arguments.done', ({ response_id, call_id, arguments: text }) =>
      rounds.argumentsDone(response_id, call_id, text),
    ),
    session.on('response.done', ({ response }) => {
      rounds.responseDone(response)
      offer.forget(response.id)
    }),
    session.on('invalid', ({ type, frame }) => {
      const id = type === 'response.done' ? responseIdIn(frame) : undefined
      if (id !== undefined) rounds.responseDone({ id, status: 'failed', output: [] })
    }),
    session.on('input_audio_buffer.speech_started', () => {
      const detection = session.getState().session?.audio?.input?.turn_detection
      if (!(detection && 'interrupt_response' in detection && detection.interrupt_response === false))
        rounds.interrupt()
    }),
    session.on('interrupted', () => rounds.interrupt()),
    session.on('session.created', () => rounds.renew()),
    session.on('close', () => stop()),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') {
        rounds.lose()
        offer.lose()
      } else if (status === 'open') rounds.resume()
    }),
  ]

  function stop(): void {
    abortWith(opening, new SessionError('CLOSED', { code: 1000, reason: 'the tools were stopped' }))
    for (const off of undo) off()
    rounds.stop('stopped')
    followUp.stop()
    offer.stop()
    quiet.stop()
    emitter.clear()
  }

  return {
    stop,
    offer: (next, change) => whenOpen(session, opening.signal, () => offer.set(next, change)),
    report: onError,
    approvals,
    on: emitter.on,
  }
}

/** Acts, at once if it can, when the session is open; in the same breath, so that what is sent next comes after. */
function whenOpen(session: RealtimeSession, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const acted = new Promise<void>((resolve, reject) => {
    const look = () => {
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
      undo()
      signal.removeEventListener('abort', onAbort)
    }
    const undo = session.subscribe(look)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else look()
  })
  // Whoever awaits it still sees the rejection; a promise that nobody looked at must not end the process.
  acted.catch(() => {})
  return acted
}
