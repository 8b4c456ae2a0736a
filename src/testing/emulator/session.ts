import { createId } from '../../internal/id.js'
import { type ClientEvent, clientEventSchemas } from '../../protocol/client-events.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { Transport } from '../../transports/transport.js'
import { createAgenda } from './agenda.js'
import { createConversation, createEntry } from './conversation.js'
import { createInputAudio } from './input-audio.js'
import { createItemEvents } from './item-events.js'
import type { EmulatorContext } from './options.js'
import { createPlayout } from './playout.js'
import type { Outgoing } from './production.js'
import { createEventReader } from './read-event.js'
import { createResponses } from './responses.js'
import { acceptedTypes, isRefusal, type Refusal, refusals } from './rules.js'
import { formatsOf, turnDetectionOf, updateSettings } from './settings.js'
import { lineFormat, type Sound } from './sound.js'
import { createTranscriber } from './transcriber.js'

/** A session that the emulator holds with one client, and with those who join it. */
export interface EmulatedSession {
  /** Takes one frame of the client that holds it, or of one that joined. */
  receive(frame: string, from?: Transport): void
  /** Lets another client see what happens from now on, and take part in it. */
  join(client: Transport): void
  /** A client that joined is gone. */
  part(client: Transport): void
  /** The sound that travels beside the events; none where it travels in them. */
  readonly sound: SoundEnds | undefined
  /** Forgets everything that is planned, and takes leave of those who joined: with 1000, unless it is said otherwise. */
  dispose(code?: number, reason?: string): void
}

/** Both directions of a session's sound, mono at 24 kHz, as whoever carries it sees them. */
export interface SoundEnds {
  /** The caller made this sound. */
  hear(pcm: Int16Array): void
  /** The next samples that the caller is to hear; silence when nobody speaks. Called as time passes, it decides when sound was heard. */
  speak(count: number): Int16Array
  /** The caller pressed a key of a telephone: 0 to 9, `*`, `#`, or A to D. */
  press(key: string): void
}

// A client that reads so slowly would fill the memory of a real server too.
const mostBuffered = 64 * 2 ** 20

/** Holds a session over an open transport: greets, then answers until it is disposed of. */
export function holdSession(transport: Transport, resource: AnySession, context: EmulatorContext): EmulatedSession {
  const readEvent = createEventReader(clientEventSchemas, acceptedTypes)
  const agenda = createAgenda(context.clock)
  const conversation = createConversation()
  const joined = new Set<Transport>()
  let session = resource
  let isOver = false

  function emit(event: Outgoing): void {
    const { type, ...rest } = event
    broadcast({ type, event_id: createId('event'), ...rest })
  }

  function broadcast(event: object): void {
    if (isOver || transport.state !== 'open') return
    const frame = JSON.stringify(event)
    write(transport, frame)
    for (const client of joined) write(client, frame)
  }

  function write(client: Transport, frame: string): void {
    if (client.state !== 'open') return
    client.send(frame)
    if (client.bufferedAmount <= mostBuffered) return
    const reason = 'The client does not read its events.'
    if (client === transport) leave(1008, reason)
    else void client.close(1008, reason)
  }

  function refuse(refusal: Refusal, eventId: string | null): void {
    emit({ type: 'error', error: { ...refusal, event_id: eventId } })
  }

  /** Tells one client what is wrong with its event, which is nothing to the others. */
  function answerError(client: Transport, refusal: Refusal, eventId: string | null): void {
    if (isOver) return
    const error = { ...refusal, event_id: eventId }
    write(client, JSON.stringify({ type: 'error', event_id: createId('event'), error }))
  }

  function leave(code: number, reason: string): void {
    dispose(code, reason)
    void transport.close(code, reason)
  }

  function dispose(code = 1000, reason = 'The call is over.'): void {
    isOver = true
    agenda.clear()
    for (const client of joined) void client.close(code, reason)
    joined.clear()
  }

  const playout =
    transport.audio === 'media'
      ? createPlayout({
          onStarted: (responseId) => emit({ type: 'output_audio_buffer.started', response_id: responseId }),
          onStopped: (responseId) => emit({ type: 'output_audio_buffer.stopped', response_id: responseId }),
        })
      : undefined

  /** Drops what the caller has not heard yet, and the conversation keeps only what was heard. */
  function fallSilent(): void {
    const cut = playout?.clear()
    if (!cut) return
    emit({ type: 'output_audio_buffer.cleared', response_id: cut.responseId })
    for (const { itemId, playedMs } of cut.items) {
      // An item that was deleted meanwhile, or is in no conversation, is not there to be truncated.
      items.truncate({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: playedMs })
    }
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
    playout,
    onDone: (unplayedMs) => input.awaitSpeech(playout ? playout.unplayedMs : unplayedMs),
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
        fallSilent()
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
    input.configure(playout ? lineFormat : formatsOf(session).input, turnDetectionOf(session))
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
        if (!playout) return refusals.mediaOnly(event.type)
        fallSilent()
        return undefined
    }
  }

  agenda.after(context.sessionMs, () => {
    refuse(refusals.sessionExpired(Math.round(context.sessionMs / 60_000)), null)
    leave(1001, `Your session hit the maximum duration of ${Math.round(context.sessionMs / 60_000)} minutes.`)
  })
  configureInput()
  emit({ type: 'session.created', session })

  return {
    receive(frame, from = transport) {
      if (isOver) return
      const read = readEvent(frame)
      if ('refusal' in read) return answerError(from, read.refusal, read.eventId)
      const { event } = read
      try {
        const refusal = answer(event)
        if (refusal) answerError(from, refusal, event.event_id ?? null)
      } catch {
        answerError(from, refusals.internal(), event.event_id ?? null)
      }
    },
    join: (client) => void joined.add(client),
    part: (client) => void joined.delete(client),
    sound: playout && {
      hear(pcm) {
        if (!isOver) input.push(pcm)
      },
      speak: (count) => playout.pull(count),
      press(key) {
        // The one event without an `event_id`.
        broadcast({
          type: 'input_audio_buffer.dtmf_event_received',
          event: key,
          received_at: Math.floor(context.now()),
        })
      },
    },
    dispose,
  }
}
