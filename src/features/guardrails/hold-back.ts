import type { Decoded } from '../../protocol/codec.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { outputAudioMs } from '../../session/audio-duration.js'
import type { DeliverEvent, Stage, StageContext } from '../../session/stage.js'
import { interruptsOnSpeech } from '../../session/turn-detection.js'
import { GuardrailError } from './error.js'
import { type EventFields, fieldsOf, responseIdOf } from './event-fields.js'
import {
  createHeldResponse,
  createQueue,
  type HeldAudio,
  type HeldEvent,
  type HeldPart,
  type HeldQueue,
  type HeldResponse,
  partOf,
  releaseDecision,
} from './held-audio.js'
import { createSentenceBoundary } from './sentence-boundary.js'
import type { SpeechGuard, SpeechVerdicts } from './speech-guard.js'

/** Options of {@link holdBack}. */
export interface HoldBackOptions {
  /**
   * When audio is released to the session. `item`: when the whole transcript of its content part has passed. `sentence`: when the sentence has
   * passed that was being transcribed when the audio arrived. That is sooner, and safe as long as the server sends each transcript before its
   * audio, or speaks no faster than 25 characters per second.
   * @defaultValue 'item'
   */
  readonly release?: 'item' | 'sentence'
  /**
   * How much may be held, in bytes of frames. When more is held, the audio of the oldest held response is dropped.
   * @defaultValue 33_554_432
   */
  readonly maxHeldBytes?: number
}

/** A stage that holds audio until its transcript has passed the guardrails. */
export interface HoldBack extends Stage {
  /**
   * Connects the guardrails that decide about held audio. `runGuardrails` calls it.
   * @throws {GuardrailError} `GATE_TAKEN`.
   */
  guard(guard: SpeechGuard): SpeechVerdicts
}

const rememberedResponses = 32

/**
 * Creates a stage that holds the audio of responses until its transcript has passed the guardrails, so that blocked speech is never played.
 * Events of a response that arrive after held audio wait behind it. Other events are not delayed. Held audio is dropped when the user
 * interrupts, when its response is cancelled, and when the connection is lost. All audio is dropped while no guardrails run.
 *
 * @example
 * ```ts
 * const hold = holdBack()
 * const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }), stages: [hold] })
 * runGuardrails(session, [noNames], { holdBack: hold })
 * ```
 * @throws {GuardrailError} `INVALID_OPTION`. `createSession` throws `SOUND_OUT_OF_REACH` if the transport carries audio on media tracks.
 */
export function holdBack(options: HoldBackOptions = {}): HoldBack {
  const { release = 'item', maxHeldBytes = 32 * 2 ** 20 } = options
  if (!(typeof maxHeldBytes === 'number' && maxHeldBytes > 0))
    throw new GuardrailError('INVALID_OPTION', { option: 'maxHeldBytes', problem: 'must be more than 0' })

  const sentenceBoundary = createSentenceBoundary('sentence')
  const responses = new Map<string, HeldResponse>()
  /** The ids of the last responses that are complete. */
  const completed: string[] = []
  let conversation = createQueue()
  let heldBytes = 0
  let guard: SpeechGuard | undefined
  let context: StageContext | undefined

  const deliver: DeliverEvent = (decoded, frameLength) => context?.deliver(decoded, frameLength)

  function responseOf(id: string, isInBand: boolean): HeldResponse {
    const known = responses.get(id)
    if (known) return known
    const response = createHeldResponse(id, isInBand ? conversation : createQueue())
    responses.set(id, response)
    return response
  }

  /** Returns the response that an event belongs to: the one that it names, or the one that wrote its item. */
  function ownerOf(event: EventFields): HeldResponse | undefined {
    const id = responseIdOf(event)
    if (id !== undefined) return responseOf(id, event.response?.conversation_id !== null)
    const itemId = event.item?.id
    if (typeof itemId !== 'string') return undefined
    return [...responses.values()].find(({ itemIds }) => itemIds.has(itemId))
  }

  function receive(decoded: Decoded<ServerEvent>, frameLength: number): void {
    const event = fieldsOf(decoded)
    if (event && isLate(event)) {
      if (event.type !== 'response.output_audio.delta') deliver(decoded, frameLength)
      return
    }
    const response = event && ownerOf(event)
    if (!event || !response) {
      deliver(decoded, frameLength)
      if (event?.type === 'input_audio_buffer.speech_started' && interruptsOnSpeech(context?.getSession()))
        muteConversation()
      return
    }
    const audio = read(event, response)
    const completes = event.type === 'response.done' ? response : undefined
    response.queue.events.push({ decoded, frameLength, audio, completes })
    heldBytes += frameLength
    releaseFrom(response.queue)
    enforceLimit(response.queue)
  }

  /** Whether an event belongs to a complete response. It must not wait for a transcript that does not come any more. */
  function isLate(event: EventFields): boolean {
    const id = responseIdOf(event)
    return id !== undefined && completed.includes(id)
  }

  /** Adds the transcript of an event to its part. Returns the audio of an audio delta. */
  function read(event: EventFields, response: HeldResponse): HeldAudio | undefined {
    const { type, item_id, content_index = 0, delta, transcript } = event
    const writtenId = item_id ?? event.item?.id
    if (typeof writtenId === 'string') response.itemIds.add(writtenId)
    if (type === 'response.done') {
      for (const part of response.parts.values()) if (!part.hasAllText) completeText(response, part, part.text)
    }
    if (typeof item_id !== 'string' || typeof content_index !== 'number') return undefined
    if (type === 'response.output_audio_transcript.delta' && typeof delta === 'string')
      addText(response, partOf(response, item_id, content_index), delta)
    if (type === 'response.output_audio_transcript.done' && typeof transcript === 'string')
      completeText(response, partOf(response, item_id, content_index), transcript)
    if (type !== 'response.output_audio.delta' || typeof delta !== 'string') return undefined
    const part = partOf(response, item_id, content_index)
    if (!guard) part.isMuted = true
    part.audioMs += outputAudioMs(delta, context?.getSession())
    return { response, part, textBefore: part.text.length, endMs: part.audioMs }
  }

  function addText(response: HeldResponse, part: HeldPart, delta: string): void {
    part.text += delta
    const from = part.sentenceEnds.at(-1) ?? 0
    const end = release === 'sentence' ? sentenceBoundary(part.text, from) : from
    if (end > from) part.sentenceEnds = [...part.sentenceEnds, end]
    // Text after a transcript that was reported as complete must pass too.
    part.hasAllText = false
    part.hasPassed = false
    if (!guard) part.isMuted = true
    else if (!response.isMuted && !response.isFree) guard.words(part.at, delta)
  }

  function completeText(response: HeldResponse, part: HeldPart, text: string): void {
    // A part without text and audio needs no check. Audio without text does.
    if (text.trim() === '' && part.audioMs === 0) return
    part.text = text
    part.hasAllText = true
    if (guard && !response.isMuted && !response.isFree) guard.allWords(part.at, text)
  }

  /** Delivers or drops the events of a queue, up to the first one that is still held. */
  function releaseFrom(queue: HeldQueue): void {
    if (queue.isReleasing) return
    queue.isReleasing = true
    for (let next = queue.events[0]; next; next = queue.events[0]) {
      const decision = next.audio ? releaseDecision(next.audio, release) : 'release'
      if (decision === 'hold') break
      queue.events.shift()
      heldBytes -= next.frameLength
      if (decision === 'release') releaseEvent(next)
      else if (next.audio) drop(next.audio)
    }
    queue.isReleasing = false
  }

  function releaseEvent({ decoded, frameLength, audio, completes }: HeldEvent): void {
    if (audio) audio.part.wasReleased = true
    if (completes) {
      responses.delete(completes.id)
      completed.push(completes.id)
      if (completed.length > rememberedResponses) completed.shift()
    }
    deliver(decoded, frameLength)
  }

  function drop({ response, part }: HeldAudio): void {
    if (part.wasDropped) return
    part.wasDropped = true
    const { itemId } = part.at
    const wasReleased = [...response.parts.values()].some((other) => other.wasReleased && other.at.itemId === itemId)
    guard?.dropped(part.at, wasReleased)
  }

  function enforceLimit(queue: HeldQueue): void {
    while (heldBytes > maxHeldBytes) {
      const held = queue.events[0]?.audio
      if (!held || queue.isReleasing) return
      held.response.isMuted = true
      releaseFrom(queue)
    }
  }

  function mute(response: HeldResponse): void {
    response.isMuted = true
    releaseFrom(response.queue)
  }

  /** Drops the held audio when the user interrupts. The session has received the event before, so it knows what was played until then. */
  function muteConversation(): void {
    for (const response of responses.values()) if (response.queue === conversation) response.isMuted = true
    releaseFrom(conversation)
  }

  /** Drops all held audio, and delivers the other held events in their order. */
  function reset(): void {
    for (const response of responses.values()) mute(response)
    responses.clear()
    completed.length = 0
    conversation = createQueue()
    guard?.lost()
  }

  function onCancel(responseId: string | undefined): void {
    const cancelled = [...responses.values()].filter((response) =>
      responseId === undefined ? response.queue === conversation : response.id === responseId,
    )
    for (const response of cancelled) response.isMuted = true
    // Not within the call: the caller may be about to read what was played.
    queueMicrotask(() => {
      for (const { queue } of cancelled) releaseFrom(queue)
    })
  }

  return {
    attach(attached) {
      if (context)
        throw new GuardrailError('INVALID_OPTION', {
          option: 'stages',
          problem: 'contains a holdBack() that belongs to another session; create one for each session',
        })
      if (attached.audio !== 'events') throw new GuardrailError('SOUND_OUT_OF_REACH', { audio: attached.audio })
      context = attached
      return {
        receive,
        send(event) {
          if (event.type === 'response.cancel') onCancel(event.response_id ?? undefined)
        },
        reset,
      }
    },
    guard(next) {
      if (guard) throw new GuardrailError('GATE_TAKEN', {})
      const mine = { ...next }
      guard = mine
      const isMine = () => guard === mine
      return {
        pass({ responseId, itemId, contentIndex }, length, isAll) {
          const response = responses.get(responseId)
          if (!isMine() || !response) return
          const part = partOf(response, itemId, contentIndex)
          part.passedLength = Math.max(part.passedLength, length)
          if (isAll && part.hasAllText) part.hasPassed = true
          releaseFrom(response.queue)
        },
        free(responseId) {
          const response = responses.get(responseId)
          if (!isMine() || !response) return
          response.isFree = true
          releaseFrom(response.queue)
        },
        block(responseId) {
          const response = responses.get(responseId)
          if (isMine() && response) mute(response)
        },
        release() {
          if (!isMine()) return
          guard = undefined
          for (const response of responses.values()) {
            for (const part of response.parts.values()) part.isMuted ||= !part.hasPassed
            releaseFrom(response.queue)
          }
        },
      }
    },
  }
}
