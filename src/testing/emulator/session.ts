import { createId } from '../../internal/id.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { Transport } from '../../transports/transport.js'
import { createAgenda } from './agenda.js'
import { createConversation, createEntry } from './conversation.js'
import { createInputAudio } from './input-audio.js'
import { createItemEvents } from './item-events.js'
import type { EmulatorContext } from './options.js'
import type { Outgoing } from './production.js'
import { createEventReader } from './read-event.js'
import { createResponses } from './responses.js'
import { isRefusal, type Refusal, refusals } from './rules.js'
import { formatsOf, turnDetectionOf, updateSettings } from './settings.js'
import type { Sound } from './sound.js'
import { createTranscriber } from './transcriber.js'

/** A session that the emulator holds with one client. */
export interface EmulatedSession {
  /** Takes one frame of the client. */
  receive(frame: string): void
  /** Forgets everything that is planned. */
  dispose(): void
}

// A client that reads so slowly would fill the memory of a real server too.
const mostBuffered = 64 * 2 ** 20

/** Holds a session over an open transport: greets, then answers until it is disposed of. */
export function holdSession(transport: Transport, resource: AnySession, context: EmulatorContext): EmulatedSession {
  const readEvent = createEventReader()
  const agenda = createAgenda(context.clock)
  const conversation = createConversation()
  let session = resource
  let isOver = false

  function emit(event: Outgoing): void {
    if (isOver || transport.state !== 'open') return
    const { type, ...rest } = event
    transport.send(JSON.stringify({ type, event_id: createId('event'), ...rest }))
    if (transport.bufferedAmount > mostBuffered) leave(1008, 'The client does not read its events.')
  }

  function refuse(refusal: Refusal, eventId: string | null): void {
    emit({ type: 'error', error: { ...refusal, event_id: eventId } })
  }

  function leave(code: number, reason: string): void {
    dispose()
    void transport.close(code, reason)
  }

  function dispose(): void {
    isOver = true
    agenda.clear()
  }

  const responses = createResponses({
    emit,
    agenda,
    conversation,
    conversationId: createId('conv'),
    decide: context.decide,
    speak: context.speak,
    pace: context.pace,
    latencyMs: context.latencyMs,
    onDone: (unheardMs) => input.awaitSpeech(unheardMs),
  })
  const transcribe = createTranscriber({
    emit,
    agenda,
    conversation,
    hear: context.hear,
    delayMs: context.latencyMs + context.transcriptionLagMs,
  })
  const items = createItemEvents({ conversation, emit, formats: () => formatsOf(session) })

  const input = createInputAudio({
    speechStarted({ itemId, audioStartMs }) {
      emit({ type: 'input_audio_buffer.speech_started', audio_start_ms: audioStartMs, item_id: itemId })
      if (turnDetectionOf(session)?.interrupt_response !== false) {
        responses.cancel(undefined, 'turn_detected')
      }
    },
    speechStopped({ itemId, audioEndMs, sound }) {
      emit({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: audioEndMs, item_id: itemId })
      takeTurn(itemId, sound)
      if (turnDetectionOf(session)?.create_response !== false) respond()
    },
    timedOut({ itemId, audioStartMs, audioEndMs, sound }) {
      const bounds = { audio_start_ms: audioStartMs, audio_end_ms: audioEndMs }
      emit({ type: 'input_audio_buffer.timeout_triggered', ...bounds, item_id: itemId })
      takeTurn(itemId, sound)
      respond()
    },
  })
  const configureInput = () => {
    input.configure(formatsOf(session).input, turnDetectionOf(session))
  }

  /** Makes a user message of sound. */
  function takeTurn(itemId: string, sound: Sound): void {
    const previousId = conversation.lastId
    const content = [{ type: 'input_audio', transcript: null }]
    const entry = createEntry({ id: itemId, type: 'message', status: 'completed', role: 'user', content }, sound)
    emit({ type: 'input_audio_buffer.committed', previous_item_id: previousId, item_id: itemId })
    conversation.insertAfter(previousId, entry)
    emit({ type: 'conversation.item.added', previous_item_id: previousId, item: entry.item })
    emit({ type: 'conversation.item.done', previous_item_id: previousId, item: entry.item })
    const transcription = session.audio?.input?.transcription
    const withLogprobs = session.include?.includes('item.input_audio_transcription.logprobs') ?? false
    transcribe(entry, sound, transcription ? { transcription, withLogprobs } : undefined)
  }

  /** Begins a response on the server's own account. */
  function respond(): void {
    if (session.type === 'transcription') return
    const refusal = responses.create({}, session)
    if (refusal) refuse(refusal, null)
  }

  function answer(event: ClientEvent): Refusal | undefined {
    switch (event.type) {
      case 'session.update': {
        const updated = updateSettings(session, event.session, { isVoiceLocked: responses.hasSpoken })
        if (isRefusal(updated)) return updated
        session = updated
        configureInput()
        emit({ type: 'session.updated', session })
        return undefined
      }
      case 'input_audio_buffer.append':
        return input.append(event.audio)
      case 'input_audio_buffer.commit': {
        const turn = input.commit()
        if (isRefusal(turn)) return turn
        takeTurn(turn.itemId, turn.sound)
        return undefined
      }
      case 'input_audio_buffer.clear':
        input.clear()
        emit({ type: 'input_audio_buffer.cleared' })
        return undefined
      case 'conversation.item.create':
        return items.create(event)
      case 'conversation.item.retrieve':
        return items.retrieve(event)
      case 'conversation.item.delete':
        return items.delete(event)
      case 'conversation.item.truncate':
        return items.truncate(event)
      case 'response.create':
        if (session.type === 'transcription') return refusals.notInTranscription(event.type)
        return responses.create(event.response ?? {}, session)
      case 'response.cancel':
        return responses.cancel(event.response_id, 'client_cancelled') ? undefined : refusals.nothingToCancel()
      case 'output_audio_buffer.clear':
        return refusals.mediaOnly(event.type)
    }
  }

  agenda.after(context.sessionMs, () => {
    refuse(refusals.sessionExpired(Math.round(context.sessionMs / 60_000)), null)
    leave(1001, `Your session hit the maximum duration of ${Math.round(context.sessionMs / 60_000)} minutes.`)
  })
  configureInput()
  emit({ type: 'session.created', session })

  return {
    receive(frame) {
      if (isOver) return
      const read = readEvent(frame)
      if ('refusal' in read) return refuse(read.refusal, read.eventId)
      const { event } = read
      try {
        const refusal = answer(event)
        if (refusal) refuse(refusal, event.event_id ?? null)
      } catch {
        refuse(refusals.internal(), event.event_id ?? null)
      }
    },
    dispose,
  }
}
