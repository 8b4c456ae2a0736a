import { createId } from '../../internal/id.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Agenda } from './agenda.js'
import type { Conversation, Entry } from './conversation.js'
import { isReasoningModel, refuseDemand } from './limits.js'
import { type Outcome, perform, run } from './perform.js'
import type { Playout } from './playout.js'
import type { Desk, Emit } from './production.js'
import { responseContext } from './response-context.js'
import { ending, newResponse, rateLimitsAfter, responseSettings } from './response-resource.js'
import { isRefusal, type Refusal, refusals } from './rules.js'
import { fail, reply, type Step } from './script.js'
import { encodeSound, lineFormat, type Sound, soundMs } from './sound.js'
import { type Turn, turnOf } from './turn.js'
import { countInput, type TokenCount, usageOf } from './usage.js'

/** What the responses of a session need. */
export interface ResponsesOptions {
  readonly emit: Emit
  readonly agenda: Agenda
  readonly conversation: Conversation
  readonly conversationId: string
  /** The model: what it does in a turn; `undefined` for the default answer. */
  readonly decide: (turn: Turn) => readonly Step[] | undefined
  /** The voice of the model. */
  readonly speak: (text: string, turn: Turn) => Sound
  readonly pace: number
  readonly latencyMs: number
  /** Plays sound, where it travels beside the events; elsewhere it is sent in them. */
  readonly playout: Playout | undefined
  /** A response of the conversation is done; its sound will have been heard after so many more milliseconds. */
  readonly onDone: (unplayedMs: number) => void
}

/** The responses of a session: at most one at a time in the conversation, any number out of band. */
export interface Responses {
  /** Whether the voice can no longer be changed. */
  readonly hasSpoken: boolean
  create(params: ResponseCreateParams, session: Session): Refusal | undefined
  /** Stops a response by its identifier, or the one in the conversation; false when there is none. */
  cancel(id: string | undefined, reason: 'turn_detected' | 'client_cancelled'): boolean
}

interface Running {
  readonly isInBand: boolean
  end(outcome: Outcome): void
}

/** Makes the responses of a session. */
export function createResponses(options: ResponsesOptions): Responses {
  const { emit, agenda, conversation, decide } = options
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

    const desk: Desk = {
      responseId: id,
      emit,
      now: agenda.now,
      pace: options.pace,
      format: options.playout ? lineFormat : settings.format,
      conversation: isInBand ? conversation : undefined,
      output: [],
      tokens: { text: 0, audio: 0 },
      tokenLimit: typeof settings.tokenLimit === 'number' ? settings.tokenLimit : Number.POSITIVE_INFINITY,
      sound(place, sound) {
        hasSpoken ||= isInBand
        if (spokenMs === 0) soundSince = agenda.now()
        spokenMs += soundMs(sound)
        if (options.playout) options.playout.add(place, sound)
        else emit({ type: 'response.output_audio.delta', ...place, delta: encodeSound(sound.pcm, settings.format) })
      },
    }
    emit({ type: 'response.created', response })

    const finish = (outcome: Outcome) => {
      running.delete(id)
      if (isInBand) seenBefore = inputTokens
      const usage = usageOf(inputTokens, desk.tokens, cached, isReasoningModel(session.model))
      emit({ type: 'response.done', response: { ...response, ...ending(outcome), output: desk.output, usage } })
      emit(rateLimitsAfter(usage))
      options.playout?.finish(id)
      if (isInBand) options.onDone(Math.max(0, soundSince + spokenMs - agenda.now()))
    }

    let stop = () => {}
    running.set(id, {
      isInBand,
      end(outcome) {
        stop()
        finish(outcome)
      },
    })
    const production = perform(desk, {
      steps: stepsOf(turn),
      latencyMs: options.latencyMs,
      speak: settings.modalities.includes('audio') ? (text) => options.speak(text, turn) : undefined,
      marksPhase: isReasoningModel(session.model),
    })
    stop = run(production, agenda, (result) =>
      finish('outcome' in result ? result.outcome : thrown('voice', result.error)),
    )
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
      const refusal = refuseDemand(params, session, { at: 'response', isVoiceLocked: isInBand && hasSpoken })
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

/** What a part of the emulator that the test wrote threw, told where the test will see it. */
function thrown(part: 'script' | 'voice', error: unknown): Extract<Outcome, { status: 'failed' }> {
  const { error: reason } = fail({
    code: `${part}_error`,
    message: `The ${part} of the emulator threw: ${String(error)}`,
  })
  return { status: 'failed', error: reason }
}
