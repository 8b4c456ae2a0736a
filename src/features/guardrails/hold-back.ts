import { createEmitter } from '../../internal/emitter.js'
import type { Transport, TransportEvents } from '../../transports/transport.js'
import { GuardrailError } from './error.js'
import { bytesOf, type Frame, readFrame, responseIdOf } from './frame.js'
import {
  createHeldResponse,
  createLane,
  fateOf,
  type HeldFrame,
  type HeldPart,
  type HeldResponse,
  type Lane,
  partOf,
  type Sound,
} from './held-speech.js'
import type { SpeechGuard, SpeechVerdicts } from './speech-guard.js'
import { createWholeLength } from './whole-length.js'

/** Options of {@link holdBack}. */
export interface HoldBackOptions {
  /**
   * When sound goes on to the session. `item`: when all words of its content part have passed, which needs no trust in anything. `sentence`:
   * when the sentence has passed that was being written when the sound came, which is sooner, and sure as long as the server tells words
   * before their sound, or speaks no faster than 25 characters a second.
   * @default 'item'
   */
  readonly release?: 'item' | 'sentence'
  /**
   * How much may wait, in bytes of frames; beyond it the sound of the response that waits is dropped.
   * @default 33_554_432
   */
  readonly maxHeldBytes?: number
}

/** A transport that holds sound until somebody has judged its words. */
export interface HoldBack extends Transport {
  /**
   * Takes over the judgement; `runGuardrails` does it.
   * @throws {GuardrailError} `GATE_TAKEN`.
   */
  guard(guard: SpeechGuard): SpeechVerdicts
}

const rememberedResponses = 32

/**
 * A transport that holds the sound of answers until its words were judged, so that blocked words are never audible. Whatever belongs to a
 * response and comes behind held sound keeps its place behind it; everything else is not delayed. Sound that has not gone on is dropped when the
 * caller cuts in, when its response is cancelled, and when the connection ends. Without `runGuardrails` nobody judges, and no sound goes on.
 *
 * ```ts
 * const transport = holdBack(webSocket({ apiKey, model: 'gpt-realtime-2.1' }))
 * const session = createSession({ transport })
 * runGuardrails(session, [noNames], { holdBack: transport })
 * ```
 * @throws {GuardrailError} `SOUND_OUT_OF_REACH` where sound does not travel in the events; `INVALID_OPTION`.
 */
export function holdBack(transport: Transport, options: HoldBackOptions = {}): HoldBack {
  const { release = 'item', maxHeldBytes = 32 * 2 ** 20 } = options
  if (transport.audio !== 'events') throw new GuardrailError('SOUND_OUT_OF_REACH', { audio: transport.audio })
  if (!(typeof maxHeldBytes === 'number' && maxHeldBytes > 0))
    throw new GuardrailError('INVALID_OPTION', { option: 'maxHeldBytes', problem: 'must be more than 0' })

  const emitter = createEmitter<TransportEvents>()
  const sentenceLength = createWholeLength('sentence')
  const responses = new Map<string, HeldResponse>()
  /** The last responses that are over. */
  const over: string[] = []
  let conversation = createLane()
  let heldBytes = 0
  let interrupts = true
  let bytesPerMs = 48
  let guard: SpeechGuard | undefined
  let listeners = 0
  let unlisten: (() => void)[] = []

  function responseOf(id: string, isInBand: boolean): HeldResponse {
    const known = responses.get(id)
    if (known) return known
    const response = createHeldResponse(id, isInBand ? conversation : createLane())
    responses.set(id, response)
    return response
  }

  /** The response that a frame belongs to; of frames about items, those that a response is known to write. */
  function ownerOf(frame: Frame): HeldResponse | undefined {
    const id = responseIdOf(frame)
    if (id !== undefined) return responseOf(id, frame.response?.conversation_id !== null)
    const itemId = frame.item?.id
    if (typeof itemId !== 'string') return undefined
    return [...responses.values()].find(({ itemIds }) => itemIds.has(itemId))
  }

  function onMessage(text: string): void {
    const frame = readFrame(text)
    if (frame && isStraggler(frame)) {
      if (frame.type !== 'response.output_audio.delta') emitter.emit('message', text)
      return
    }
    const response = frame && ownerOf(frame)
    if (!frame || !response) {
      if (frame) observe(frame)
      emitter.emit('message', text)
      if (frame?.type === 'input_audio_buffer.speech_started' && interrupts) muteConversation()
      return
    }
    const sound = read(frame, response)
    response.lane.frames.push({ text, sound, ends: frame.type === 'response.done' ? response : undefined })
    heldBytes += text.length
    pump(response.lane)
    limit(response.lane)
  }

  /** What a server still says of a response that is over must not wait for words that will never come. */
  function isStraggler(frame: Frame): boolean {
    const id = responseIdOf(frame)
    return id !== undefined && over.includes(id)
  }

  function observe({ type, session }: Frame): void {
    if (type !== 'session.created' && type !== 'session.updated') return
    interrupts = session?.audio?.input?.turn_detection?.interrupt_response !== false
    const format = session?.audio?.output?.format?.type
    bytesPerMs = format === 'audio/pcmu' || format === 'audio/pcma' ? 8 : 48
  }

  /** Notes the words that a frame brings, and answers the sound that it is. */
  function read(frame: Frame, response: HeldResponse): Sound | undefined {
    const { type, item_id, content_index = 0, delta, transcript } = frame
    if (type === 'response.output_item.added' && typeof frame.item?.id === 'string') response.itemIds.add(frame.item.id)
    if (type === 'response.done') {
      for (const part of response.parts.values()) if (!part.hasAllWords) takeAllWords(response, part, part.text)
    }
    if (typeof item_id !== 'string' || typeof content_index !== 'number') return undefined
    if (type === 'response.output_audio_transcript.delta' && typeof delta === 'string')
      takeWords(response, partOf(response, item_id, content_index), delta)
    if (type === 'response.output_audio_transcript.done' && typeof transcript === 'string')
      takeAllWords(response, partOf(response, item_id, content_index), transcript)
    if (type !== 'response.output_audio.delta' || typeof delta !== 'string') return undefined
    const part = partOf(response, item_id, content_index)
    if (!guard) part.isMuted = true
    part.soundMs += bytesOf(delta) / bytesPerMs
    return { response, part, wordsBefore: part.text.length, endMs: part.soundMs }
  }

  function takeWords(response: HeldResponse, part: HeldPart, delta: string): void {
    part.text += delta
    const from = part.sentenceEnds.at(-1) ?? 0
    const end = release === 'sentence' ? sentenceLength(part.text, from) : from
    if (end > from) part.sentenceEnds = [...part.sentenceEnds, end]
    // Words that come after those that were called the last have yet to pass.
    part.hasAllWords = false
    part.hasPassed = false
    if (!guard) part.isMuted = true
    else if (!response.isMuted && !response.isFree) guard.words(part.at, delta)
  }

  function takeAllWords(response: HeldResponse, part: HeldPart, text: string): void {
    // Nothing was said, so there is nothing to judge. Sound without words is another matter.
    if (text.trim() === '' && part.soundMs === 0) return
    part.text = text
    part.hasAllWords = true
    if (guard && !response.isMuted && !response.isFree) guard.allWords(part.at, text)
  }

  /** Lets go whatever waits no more. */
  function pump(lane: Lane): void {
    if (lane.isPumping) return
    lane.isPumping = true
    for (let next = lane.frames[0]; next; next = lane.frames[0]) {
      const fate = next.sound ? fateOf(next.sound, release) : 'go'
      if (fate === 'wait') break
      lane.frames.shift()
      heldBytes -= next.text.length
      if (fate === 'go') letGo(next)
      else if (next.sound) drop(next.sound)
    }
    lane.isPumping = false
  }

  function letGo({ text, sound, ends }: HeldFrame): void {
    if (sound) sound.part.wasReleased = true
    if (ends) forget(ends.id)
    emitter.emit('message', text)
  }

  function forget(id: string): void {
    responses.delete(id)
    over.push(id)
    if (over.length > rememberedResponses) over.shift()
  }

  function drop({ response, part }: Sound): void {
    if (part.wasDropped) return
    part.wasDropped = true
    const { itemId } = part.at
    const wasHeard = [...response.parts.values()].some(({ at, wasReleased }) => wasReleased && at.itemId === itemId)
    guard?.dropped(part.at, wasHeard)
  }

  function limit(lane: Lane): void {
    while (heldBytes > maxHeldBytes) {
      const waiting = lane.frames[0]?.sound
      if (!waiting || lane.isPumping) return
      waiting.response.isMuted = true
      pump(lane)
    }
  }

  function mute(response: HeldResponse): void {
    response.isMuted = true
    pump(response.lane)
  }

  /** The caller cuts in: nobody wants to hear the rest. The session has been told before, so that it knows what was heard by then. */
  function muteConversation(): void {
    for (const response of responses.values()) if (response.lane === conversation) response.isMuted = true
    pump(conversation)
  }

  /** Nothing of what is held will be heard; what is no sound goes on in its order. */
  function abandon(): void {
    for (const response of responses.values()) mute(response)
    responses.clear()
    over.length = 0
    conversation = createLane()
    guard?.lost()
  }

  function onSend(text: string): void {
    if (responses.size === 0 || !text.includes('response.cancel')) return
    const frame = readFrame(text)
    if (frame?.type !== 'response.cancel') return
    const id = responseIdOf(frame)
    const cancelled = [...responses.values()].filter((response) =>
      id === undefined ? response.lane === conversation : response.id === id,
    )
    for (const response of cancelled) response.isMuted = true
    // Not within the call: whoever cancels may be about to ask what was heard.
    queueMicrotask(() => {
      for (const { lane } of cancelled) pump(lane)
    })
  }

  function listen(): void {
    unlisten = [
      transport.on('open', () => {
        abandon()
        emitter.emit('open', undefined)
      }),
      transport.on('message', onMessage),
      transport.on('reconnecting', (event) => {
        abandon()
        emitter.emit('reconnecting', event)
      }),
      transport.on('close', (event) => {
        abandon()
        emitter.emit('close', event)
      }),
    ]
  }

  function on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): () => void {
    if (listeners++ === 0) listen()
    const undo = emitter.on(type, listener)
    let isUndone = false
    return () => {
      if (isUndone) return
      isUndone = true
      undo()
      if (--listeners > 0) return
      for (const undoInner of unlisten.splice(0)) undoInner()
      abandon()
    }
  }

  return {
    audio: 'events',
    session: transport.session ?? 'own',
    get state() {
      return transport.state
    },
    get bufferedAmount() {
      return transport.bufferedAmount
    },
    open: (signal) => transport.open(signal),
    send(frame) {
      transport.send(frame)
      onSend(frame)
    },
    close: (code, reason) => transport.close(code, reason),
    reconnect: (cause) => transport.reconnect?.(cause) ?? false,
    on,
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
          if (isAll && part.hasAllWords) part.hasPassed = true
          pump(response.lane)
        },
        free(responseId) {
          const response = responses.get(responseId)
          if (!isMine() || !response) return
          response.isFree = true
          pump(response.lane)
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
            pump(response.lane)
          }
        },
      }
    },
  }
}
