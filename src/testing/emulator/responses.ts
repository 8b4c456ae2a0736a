import { createId } from '../../internal/id.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Conversation, Entry } from './conversation.js'
import { checkModelLimits } from './limits.js'
import type { McpCalls } from './mcp/mcp-calls.js'
import type { McpTools } from './mcp/mcp-tools.js'
import { interleavesItems, isReasoningModel } from './model-defaults.js'
import { audioMs, encodeAudio, mediaFormat, type PcmAudio } from './pcm-audio.js'
import type { Playout } from './playout.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { responseContext } from './response-context.js'
import { newResponse, rateLimitsAfter, responseSettings, statusOf } from './response-resource.js'
import type { Emit, ResponseWriter } from './response-writer.js'
import { fail, reply, type Step } from './script.js'
import { checkServiceLimits } from './service-limits.js'
import type { Timers } from './timers.js'
import { type Turn, turnOf } from './turn.js'
import { countInput, type TokenCount, usageOf } from './usage.js'
import { type Outcome, runTimed, writeResponse } from './write-response.js'

/** Options of {@link createResponses}. */
export interface ResponsesOptions {
  readonly emit: Emit
  readonly timers: Timers
  readonly conversation: Conversation
  readonly conversationId: string
  /** Returns the steps of a response, or `undefined` for the default output. */
  readonly decide: (turn: Turn) => readonly Step[] | undefined
  /** Returns the audio of a text. */
  readonly speak: (text: string, turn: Turn) => PcmAudio
  readonly pace: number
  readonly latencyMs: number
  /** Plays audio on a media track. `undefined` when audio is sent in events. */
  readonly playout: Playout | undefined
  /** Names of the voices that exist. */
  readonly voices: readonly string[]
  /** MCP servers of the session. */
  readonly mcpTools: McpTools
  readonly mcpCalls: McpCalls
  /** Called when a response of the conversation is done, with the duration of the audio that has not been played. */
  readonly onDone: (unplayedMs: number) => void
}

/** The responses of a session: at most one in the conversation at a time, any number out of band. */
export interface Responses {
  /** Whether the model has produced audio, which locks the voice. */
  readonly hasSpoken: boolean
  create(params: ResponseCreateParams, session: Session): Refusal | undefined
  /** Cancels the response with this identifier, or the one in the conversation. Returns `false` when there is none. */
  cancel(id: string | undefined, reason: 'turn_detected' | 'client_cancelled'): boolean
}

interface Running {
  readonly isInBand: boolean
  end(outcome: Outcome): void
}

/** Creates the responses of a session. */
export function createResponses(options: ResponsesOptions): Responses {
  const { emit, timers, conversation, decide } = options
  const running = new Map<string, Running>()
  let hasSpoken = false
  let count = 0
  let seenBefore: TokenCount = { text: 0, audio: 0 }

  const activeId = () => [...running].find(([, { isInBand }]) => isInBand)?.[0]

  function begin(params: ResponseCreateParams, session: Session, entries: readonly Entry[], isInBand: boolean): void {
    const id = createId('resp')
    const settings = responseSettings(session, params)
    const response = newResponse(id, settings, isInBand ? options.conversationId : null, params.metadata)
    const turn = turnOf(entries, { index: count++, session, params })
    const inputTokens = countInput(settings.instructions, settings.tools, entries)
    const cached = seenBefore
    let spokenMs = 0
    let soundSince = 0

    const writer: ResponseWriter = {
      responseId: id,
      emit,
      now: timers.now,
      pace: options.pace,
      format: options.playout ? mediaFormat : settings.format,
      conversation: isInBand ? conversation : undefined,
      output: [],
      completePrevious: () => {},
      tokens: { text: 0, audio: 0 },
      tokenLimit: typeof settings.tokenLimit === 'number' ? settings.tokenLimit : Number.POSITIVE_INFINITY,
      writeAudio(place, audio) {
        hasSpoken ||= isInBand
        if (spokenMs === 0) soundSince = timers.now()
        spokenMs += audioMs(audio)
        if (options.playout) options.playout.add(place, audio)
        else emit({ type: 'response.output_audio.delta', ...place, delta: encodeAudio(audio.pcm, settings.format) })
      },
    }
    emit({ type: 'response.created', response })

    const finish = (outcome: Outcome) => {
      running.delete(id)
      if (isInBand) seenBefore = inputTokens
      const usage = usageOf(inputTokens, writer.tokens, cached, isReasoningModel(session.model))
      emit({ type: 'response.done', response: { ...response, ...statusOf(outcome), output: writer.output, usage } })
      emit(rateLimitsAfter(usage))
      options.playout?.finish(id)
      if (isInBand) options.onDone(Math.max(0, soundSince + spokenMs - timers.now()))
    }

    let stop = () => {}
    running.set(id, {
      isInBand,
      end(outcome) {
        stop()
        finish(outcome)
      },
    })
    const produce = () => {
      const production = writeResponse(writer, {
        steps: stepsOf(turn),
        latencyMs: options.latencyMs,
        speak: settings.modalities.includes('audio') ? (text) => options.speak(text, turn) : undefined,
        marksPhase: isReasoningModel(session.model),
        interleaves: interleavesItems(session.model),
        findMcpTool: ({ server, name }) => options.mcpTools.find(settings.tools, server, name),
        mcpCalls: options.mcpCalls,
      })
      stop = runTimed(production, timers, (result) =>
        finish('outcome' in result ? result.outcome : thrown('voice', result.error)),
      )
    }
    // Tools of the response itself are listed before its output. Those of the session are listed by its update.
    const listed = params.tools && options.mcpTools.list(params.tools)
    if (listed) void listed.then(() => running.has(id) && produce())
    else produce()
  }

  function stepsOf(turn: Turn): readonly Step[] {
    try {
      return decide(turn) ?? [reply(turn.text || 'Hello.')]
    } catch (error) {
      const { error: reason } = thrown('script', error)
      return [{ step: 'fail', error: reason }]
    }
  }

  return {
    get hasSpoken() {
      return hasSpoken
    },
    create(params, session) {
      const isInBand = params.conversation !== 'none'
      const active = activeId()
      if (isInBand && active !== undefined) return refusals.responseActive(active)
      const refusal =
        checkServiceLimits(params, 'response', options.voices) ??
        checkModelLimits(params, session, { at: 'response', isVoiceLocked: isInBand && hasSpoken })
      const entries = refusal ?? responseContext(params, conversation, session)
      if (isRefusal(entries)) return entries
      begin(params, session, entries, isInBand)
      return undefined
    },
    cancel(id = activeId(), reason) {
      const response = id === undefined ? undefined : running.get(id)
      response?.end({ status: 'cancelled', reason })
      return response !== undefined
    },
  }
}

/** Returns the failed outcome for an error that a `script` or `voice` function of the test has thrown. */
function thrown(part: 'script' | 'voice', error: unknown): Extract<Outcome, { status: 'failed' }> {
  const { error: reason } = fail({
    code: `${part}_error`,
    message: `The ${part} of the emulator threw: ${String(error)}`,
  })
  return { status: 'failed', error: reason }
}
