import { createId, createIdPool } from '../../internal/id.js'
import { type ClientEvent, clientEventSchemas } from '../../protocol/client-events.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { Transport } from '../../transports/transport.js'
import { createConversation, createEntry } from './conversation.js'
import { createInputAudio } from './input-audio.js'
import { createItemEvents } from './item-events.js'
import { createMcpCalls } from './mcp/mcp-calls.js'
import { createMcpTools } from './mcp/mcp-tools.js'
import { streamsTranscripts } from './model-defaults.js'
import type { EmulatorContext } from './options.js'
import { mediaFormat, type PcmAudio } from './pcm-audio.js'
import { createPlayout } from './playout.js'
import { createEventReader } from './read-event.js'
import { acceptedTypes, isRefusal, type Refusal, refusals } from './refusals.js'
import type { OutgoingEvent } from './response-writer.js'
import { createResponses } from './responses.js'
import { formatsOf, turnDetectionOf, updateSettings } from './settings.js'
import { createTimers } from './timers.js'
import { createTranscriber, type TranscriptionRequest } from './transcriber.js'

/** A session between the emulator and one client, with the clients that joined it. */
export interface EmulatedSession {
  /** Handles a frame of the main client or of a client that joined. */
  receive(frame: string, from?: Transport): void
  /** Attaches another client, which receives all further events and can send its own. */
  join(client: Transport): void
  /** Detaches a client that joined. */
  disconnect(client: Transport): void
  /** Audio of the media track. `undefined` when audio is sent in events. */
  readonly audio: CallAudio | undefined
  /** Cancels all timers and closes the clients that joined, with code 1000 by default. */
  dispose(code?: number, reason?: string): void
}

/** Both directions of a call's audio, mono at 24 kHz. */
export interface CallAudio {
  /** Appends audio of the caller. */
  write(pcm: Int16Array): void
  /** Returns the next samples to play to the caller, or silence. Each call counts as played time. */
  read(count: number): Int16Array
  /** Sends a DTMF digit of the caller: 0 to 9, `*`, `#`, or A to D. */
  sendDtmf(key: string): void
}

// A client that is further behind than this would exhaust the memory of a real server too.
const maxBufferedBytes = 64 * 2 ** 20

/** Returns the JSON text of an event. Audio is inserted as it is, because base64 has nothing to escape and is most of the text. */
function frameOf(event: OutgoingEvent, eventId: string): string {
  if (event.type === 'response.output_audio.delta') {
    const { type, delta, ...place } = event
    return `${JSON.stringify({ type, event_id: eventId, ...place }).slice(0, -1)},"delta":"${delta}"}`
  }
  const { type, ...rest } = event
  return JSON.stringify({ type, event_id: eventId, ...rest })
}

/** Starts a session over an open transport: sends `session.created`, then handles client events until it is disposed. */
export function createEmulatedSession(
  transport: Transport,
  resource: AnySession,
  context: EmulatorContext,
): EmulatedSession {
  const readEvent = createEventReader(clientEventSchemas, acceptedTypes)
  const nextEventId = createIdPool('event')
  const timers = createTimers(context.clock)
  const conversation = createConversation()
  const joined = new Set<Transport>()
  let session = resource
  let isOver = false

  function emit(event: OutgoingEvent): void {
    broadcast(frameOf(event, nextEventId()))
  }

  function broadcast(frame: string): void {
    if (isOver || transport.state !== 'open') return
    write(transport, frame)
    for (const client of joined) write(client, frame)
  }

  function write(client: Transport, frame: string): void {
    if (client.state !== 'open') return
    client.send(frame)
    if (client.bufferedAmount <= maxBufferedBytes) return
    const reason = 'The client does not read its events.'
    if (client === transport) leave(1008, reason)
    else void client.close(1008, reason)
  }

  function refuse(refusal: Refusal, eventId: string | null): void {
    emit({ type: 'error', error: { ...refusal, event_id: eventId } })
  }

  /** Sends an error only to the client whose event caused it. */
  function answerError(client: Transport, refusal: Refusal, eventId: string | null): void {
    if (isOver) return
    const error = { ...refusal, event_id: eventId }
    write(client, JSON.stringify({ type: 'error', event_id: nextEventId(), error }))
  }

  function leave(code: number, reason: string): void {
    dispose(code, reason)
    void transport.close(code, reason)
  }

  function dispose(code = 1000, reason = 'The call is over.'): void {
    isOver = true
    timers.clear()
    mcpTools.dispose()
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

  /** Drops unplayed audio and truncates the items in the conversation to what was played. */
  function fallSilent(): void {
    const cut = playout?.clear()
    if (!cut) return
    emit({ type: 'output_audio_buffer.cleared', response_id: cut.responseId })
    for (const { itemId, playedMs } of cut.items) {
      // Truncation fails for an item that was deleted or is out of band, which is correct.
      items.truncate({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: playedMs })
    }
  }

  const mcpTools = createMcpTools({
    emit,
    timers,
    conversation,
    servers: context.mcpServers,
    latencyMs: context.latencyMs,
  })
  const mcpCalls = createMcpCalls({ emit, conversation })
  const listMcpTools = () => {
    if (session.type === 'realtime') mcpTools.list(session.tools ?? [])
  }

  const responses = createResponses({
    emit,
    timers,
    conversation,
    conversationId: createId('conv'),
    decide: context.decide,
    speak: context.speak,
    pace: context.pace,
    latencyMs: context.latencyMs,
    playout,
    voices: context.voices,
    mcpTools,
    mcpCalls,
    onDone: (unplayedMs) => input.awaitSpeech(playout ? playout.unplayedMs : unplayedMs),
  })
  const transcriber = createTranscriber({
    emit,
    timers,
    conversation,
    transcribe: context.transcribe,
    delayMs: context.latencyMs + context.transcriptionLagMs,
  })
  const items = createItemEvents({
    conversation,
    emit,
    formats: () => formatsOf(session),
    onUserAudio: (entry, audio) => transcriber.transcribe(entry, audio, transcriptionRequest()),
  })

  function transcriptionRequest(): TranscriptionRequest | undefined {
    const transcription = session.audio?.input?.transcription
    const withLogprobs = session.include?.includes('item.input_audio_transcription.logprobs') ?? false
    return transcription ? { transcription, withLogprobs } : undefined
  }

  const input = createInputAudio({
    speechStarted({ itemId, audioStartMs }) {
      emit({ type: 'input_audio_buffer.speech_started', audio_start_ms: audioStartMs, item_id: itemId })
      if (turnDetectionOf(session)?.interrupt_response !== false) {
        responses.cancel(undefined, 'turn_detected')
        fallSilent()
      }
    },
    speechStopped({ itemId, audioEndMs, audio }) {
      const request = transcriptionRequest()
      // The transcript is known only now, so words that the service sends during the speech are sent at its end.
      if (request && streamsTranscripts(request.transcription.model) && turnDetectionOf(session)?.type === 'server_vad')
        transcriber.sendFirstWords(itemId, audio, request)
      emit({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: audioEndMs, item_id: itemId })
      takeTurn(itemId, audio)
      if (turnDetectionOf(session)?.create_response !== false) respond()
    },
    timedOut({ itemId, audioStartMs, audioEndMs, audio }) {
      const bounds = { audio_start_ms: audioStartMs, audio_end_ms: audioEndMs }
      emit({ type: 'input_audio_buffer.timeout_triggered', ...bounds, item_id: itemId })
      takeTurn(itemId, audio)
      respond()
    },
  })
  const configureInput = () => {
    input.configure(playout ? mediaFormat : formatsOf(session).input, turnDetectionOf(session))
  }

  /** Commits audio as a user message. */
  function takeTurn(itemId: string, audio: PcmAudio): void {
    const previousId = conversation.lastId
    const content = [{ type: 'input_audio', transcript: null }]
    const entry = createEntry({ id: itemId, type: 'message', status: 'completed', role: 'user', content }, audio)
    emit({ type: 'input_audio_buffer.committed', previous_item_id: previousId, item_id: itemId })
    conversation.insertAfter(previousId, entry)
    emit({ type: 'conversation.item.added', previous_item_id: previousId, item: entry.item })
    emit({ type: 'conversation.item.done', previous_item_id: previousId, item: entry.item })
    transcriber.transcribe(entry, audio, transcriptionRequest())
  }

  /** Starts a response that no client requested. */
  function respond(): void {
    if (session.type === 'transcription') return
    const refusal = responses.create({}, session)
    if (refusal) refuse(refusal, null)
  }

  function answer(event: ClientEvent): Refusal | undefined {
    switch (event.type) {
      case 'session.update': {
        const updated = updateSettings(session, event.session, {
          voices: context.voices,
          isVoiceLocked: responses.hasSpoken,
        })
        if (isRefusal(updated)) return updated
        session = updated
        configureInput()
        emit({ type: 'session.updated', session })
        listMcpTools()
        return undefined
      }
      case 'input_audio_buffer.append':
        return input.append(event.audio)
      case 'input_audio_buffer.commit': {
        const turn = input.commit()
        if (isRefusal(turn)) return turn
        takeTurn(turn.itemId, turn.audio)
        return undefined
      }
      case 'input_audio_buffer.clear':
        input.clear()
        emit({ type: 'input_audio_buffer.cleared' })
        return undefined
      case 'conversation.item.create': {
        const refusal = mcpCalls.check(event.item) ?? items.create(event)
        if (!refusal) mcpCalls.receive(event.item)
        return refusal
      }
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

  timers.after(context.sessionMs, () => {
    refuse(refusals.sessionExpired(Math.round(context.sessionMs / 60_000)), null)
    leave(1001, `Your session hit the maximum duration of ${Math.round(context.sessionMs / 60_000)} minutes.`)
  })
  configureInput()
  emit({ type: 'session.created', session })
  listMcpTools()

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
    disconnect: (client) => void joined.delete(client),
    audio: playout && {
      write(pcm) {
        if (!isOver) input.push(pcm)
      },
      read: (count) => playout.pull(count),
      sendDtmf(key) {
        // The only server event without an `event_id`.
        const event = {
          type: 'input_audio_buffer.dtmf_event_received',
          event: key,
          received_at: Math.floor(context.now()),
        }
        broadcast(JSON.stringify(event))
      },
    },
    dispose,
  }
}
