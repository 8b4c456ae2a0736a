import type { ResponseOutcome } from '../../../src/session/responses/outcome.js'
import type { ItemState, SessionState } from '../../../src/session/state/state.js'
import type { Json } from '../network/network.js'

/**
 * The state of one connection, read from its events without the reducer of the library. It contains what an event reports directly: texts,
 * responses, the configuration, and the input audio.
 */
export interface Replay {
  apply(event: Json): void
  /**
   * Returns how the state of a session differs from the events, or `undefined`.
   * @param outcomes How the handles of responses have settled, by id. The session does not wait for the end of a response that failed.
   */
  differenceFrom(state: SessionState, outcomes: Outcomes): string | undefined
}

type Outcomes = ReadonlyMap<string | undefined, ResponseOutcome['status'] | undefined>

type Fields = Readonly<Record<string, unknown>>

interface ReplayedResponse {
  readonly isInBand: boolean
  readonly status: unknown
  readonly isDone: boolean
}

/**
 * @param isWhole Whether the events contain everything since the start of the server session.
 * @param isKnown Whether the session has an item before it receives an event. A joined session may have missed that it was added.
 */
export function createReplay(isWhole: boolean, isKnown: (itemId: string) => boolean): Replay {
  const texts = new Map<string, string>()
  const transcripts = new Map<string, { readonly text: string; readonly status: string }>()
  /** Statuses of items, as their responses and as the conversation reports them. */
  const outputStatuses = new Map<string, unknown>()
  const statuses = new Map<string, unknown>()
  const responses = new Map<string, ReplayedResponse>()
  const truncated = new Map<string, number>()
  const restored = new Set<string>()
  const forgotten = new Set<string>()
  let session: unknown
  let rateLimits: unknown
  let activeId: string | undefined
  let isSpeaking = false
  let speech: { readonly itemId: unknown; readonly startMs: unknown; readonly endMs: unknown } | undefined

  /** Items of responses and of the conversation whose start is known. A joined session may receive the rest of an item. */
  const begun = new Set<string>()
  const added = new Set<unknown>()
  const append = (key: string, delta: unknown) => {
    if (isWhole || begun.has(key.split(' ')[0] ?? '')) texts.set(key, (texts.get(key) ?? '') + String(delta ?? ''))
  }
  const partOf = ({ item_id, content_index }: Fields) => `${item_id} ${content_index}`

  function apply(event: Json): void {
    const item = event.item as Fields | undefined
    const response = event.response as Fields | undefined
    const id = String(response?.id ?? '')
    // Content starts a response of which no start has arrived. Prepared audio has the id of a response too.
    const contentId = event.response_id === undefined ? undefined : String(event.response_id)
    const isContent = /^response\.(?!output_audio\.)/.test(String(event.type))
    if (isWhole && isContent && contentId !== undefined && !responses.has(contentId)) {
      responses.set(contentId, { isInBand: true, status: 'in_progress', isDone: false })
      activeId = contentId
    }
    if (event.type === 'response.output_item.added') begun.add(String(item?.id))
    if (event.type === 'conversation.item.added') added.add(item?.id)
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        session = event.session
        if (!detectsTurns(event.session)) isSpeaking = false
        break
      case 'rate_limits.updated':
        rateLimits = event.rate_limits
        break
      case 'response.created':
        if (!responses.has(id)) {
          responses.set(id, { isInBand: response?.conversation_id !== null, status: response?.status, isDone: false })
          if (response?.conversation_id !== null) activeId = id
        }
        break
      case 'response.done':
        responses.set(id, { isInBand: response?.conversation_id !== null, status: response?.status, isDone: true })
        if (activeId === id) activeId = undefined
        break
      case 'response.output_item.added':
      case 'response.output_item.done':
        outputStatuses.set(String(item?.id), item?.status)
        statuses.set(String(item?.id), item?.status)
        break
      case 'conversation.item.done':
        if (statuses.has(String(item?.id))) statuses.set(String(item?.id), item?.status)
        break
      case 'conversation.item.added':
        if (!statuses.has(String(item?.id)) && (item?.role === 'assistant' || item?.type === 'function_call'))
          restored.add(String(item.id))
        break
      case 'response.output_text.delta':
      case 'response.output_audio_transcript.delta':
        append(partOf(event), event.delta)
        break
      case 'response.output_text.done':
        texts.set(partOf(event), String(event.text))
        break
      case 'response.output_audio_transcript.done':
        texts.set(partOf(event), String(event.transcript))
        break
      case 'response.function_call_arguments.delta':
        append(`${event.item_id} arguments`, event.delta)
        break
      case 'response.function_call_arguments.done':
        texts.set(`${event.item_id} arguments`, String(event.arguments))
        break
      case 'conversation.item.input_audio_transcription.delta': {
        if (!isWhole && !added.has(String(event.item_id))) break
        const before = transcripts.get(String(event.item_id))?.text ?? ''
        transcripts.set(String(event.item_id), { text: before + String(event.delta ?? ''), status: 'in_progress' })
        break
      }
      case 'conversation.item.input_audio_transcription.completed':
        transcripts.set(String(event.item_id), { text: String(event.transcript), status: 'completed' })
        break
      case 'conversation.item.deleted':
        forgotten.add(String(event.item_id))
        break
      case 'conversation.item.truncated': {
        if (!isWhole && !isKnown(String(event.item_id))) break
        const before = truncated.get(String(event.item_id)) ?? Number.POSITIVE_INFINITY
        truncated.set(String(event.item_id), Math.min(before, Number(event.audio_end_ms)))
        break
      }
      case 'input_audio_buffer.speech_started':
        isSpeaking = true
        speech = { itemId: event.item_id, startMs: event.audio_start_ms, endMs: undefined }
        break
      case 'input_audio_buffer.speech_stopped': {
        isSpeaking = false
        const startMs = speech?.itemId === event.item_id ? speech?.startMs : undefined
        speech = { itemId: event.item_id, startMs, endMs: event.audio_end_ms }
        break
      }
      case 'input_audio_buffer.committed':
      case 'input_audio_buffer.cleared':
        isSpeaking = false
        break
    }
  }

  /** Returns whether the session has given up a response whose end the server has not reported. */
  function isGivenUp(state: SessionState, id: string, outcomes: Outcomes): boolean {
    if (!responses.has(id) || responses.get(id)?.isDone) return false
    const outcome = outcomes.get(id)
    // A request that was cancelled or refused has settled, while the session still waits for the end of its response.
    const isWaiting = outcome === 'cancelled' || outcome === 'rejected'
    return outcome === 'failed' || (isWaiting && state.responses.byId[id]?.isDone === true)
  }

  /** @param isOutput Whether the item is that of a response, which knows nothing about the conversation. */
  function itemDifference(state: ItemState, isOutput: boolean, isAbandoned: boolean): string | undefined {
    const { id } = state
    const item = state.item as Fields
    const content = Array.isArray(item.content) ? (item.content as readonly Fields[]) : []
    for (const [index, part] of content.entries()) {
      const expected = texts.get(`${id} ${index}`)
      const actual = part.text ?? part.transcript
      if (expected !== undefined && actual !== expected) return `the text of ${id} is ${actual} instead of ${expected}`
    }
    const expectedArguments = texts.get(`${id} arguments`)
    if (expectedArguments !== undefined && item.arguments !== expectedArguments)
      return `the arguments of ${id} are ${item.arguments} instead of ${expectedArguments}`
    const transcript = transcripts.get(id)
    const heard = content.find(({ type }) => type === 'input_audio')?.transcript
    if (transcript && (heard !== transcript.text || state.transcription !== transcript.status))
      return `the transcript of ${id} is ${heard} (${state.transcription}) instead of ${transcript.text} (${transcript.status})`
    const status = (isOutput ? outputStatuses : statuses).get(id)
    const isLeftOpen = isAbandoned && status === 'in_progress' && state.status === 'incomplete'
    if (status !== undefined && state.status !== status && !isLeftOpen)
      return `${id} is ${state.status} instead of ${status}`
    const cutMs = isOutput ? undefined : truncated.get(id)
    if (cutMs !== undefined && (state.truncatedAtMs ?? Number.POSITIVE_INFINITY) > cutMs)
      return `${id} is truncated at ${state.truncatedAtMs} ms instead of ${cutMs} ms`
    return undefined
  }

  return {
    apply,
    differenceFrom(state, outcomes) {
      const isAbandoned = (id: string | undefined) => id !== undefined && isGivenUp(state, id, outcomes)
      if (session !== undefined && JSON.stringify(state.session) !== JSON.stringify(session))
        return 'the configuration is not the last one that the server has reported'
      if (rateLimits !== undefined && JSON.stringify(state.rateLimits) !== JSON.stringify(rateLimits))
        return 'the rate limits are not the last ones that the server has reported'
      const runningId = isAbandoned(activeId) ? undefined : activeId
      if (isWhole && state.responses.activeId !== runningId)
        return `the active response is ${state.responses.activeId} instead of ${runningId}`
      if (isWhole && state.inputAudio.isSpeaking !== isSpeaking)
        return `isSpeaking is ${state.inputAudio.isSpeaking} instead of ${isSpeaking}`
      const { itemId, speechStartMs, speechEndMs } = state.inputAudio
      if (isWhole && speech && [itemId, speechStartMs, speechEndMs].join() !== Object.values(speech).join())
        return `the speech is ${[itemId, speechStartMs, speechEndMs]} instead of ${Object.values(speech)}`
      for (const [id, { isDone, status, isInBand }] of [...responses].slice(-16)) {
        const known = state.responses.byId[id]
        if (!known) return `there is no response ${id}`
        const hasEnded = isDone || isAbandoned(id)
        if (known.isDone !== hasEnded || known.response.status !== status || known.isInBand !== isInBand)
          return `response ${id} is ${known.response.status} instead of ${status}`
        for (const output of known.output) {
          const difference = itemDifference(output, true, isAbandoned(id))
          if (difference) return `output: ${difference}`
        }
      }
      for (const piece of state.conversation.items)
        for (const known of piece) {
          if (forgotten.has(known.id) && !restored.has(known.id)) return `${known.id} was deleted`
          if (restored.has(known.id)) continue
          const difference = itemDifference(known, false, isAbandoned(known.responseId))
          if (difference) return difference
        }
      return undefined
    },
  }
}

function detectsTurns(session: unknown): boolean {
  const detection = (session as { audio?: { input?: { turn_detection?: unknown } } } | undefined)?.audio?.input
  return detection?.turn_detection !== null && detection?.turn_detection !== undefined
}
