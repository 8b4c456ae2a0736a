import { createIdPool } from '../../internal/id.js'
import {
  type TranslationClientEvent,
  translationClientEventSchemas,
  translationClientEventTypes,
} from '../../protocol/translation-events.js'
import type { TranslationSession } from '../../protocol/translation-session.js'
import type { Transport } from '../../transports/transport.js'
import type { EmulatorContext } from './options.js'
import { createEventReader } from './read-event.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { createTimers } from './timers.js'
import { createTranslationInput, type Stretch } from './translation-input.js'
import { createInterpreter, type OutgoingTranslation } from './translation-interpreter.js'
import { updateTranslationSession } from './translation-settings.js'

/** A translation session between the emulator and one client. */
export interface EmulatedTranslation {
  /** Handles a frame of the client. */
  receive(frame: string): void
  /** Cancels all timers. */
  dispose(): void
}

// A client that is further behind than this would exhaust the memory of a real server too.
const mostBuffered = 64 * 2 ** 20

/** Starts a translation session over an open transport: sends `session.created`, then translates until it is disposed. */
export function createEmulatedTranslation(
  transport: Transport,
  resource: TranslationSession,
  context: EmulatorContext,
): EmulatedTranslation {
  const readEvent = createEventReader(translationClientEventSchemas, translationClientEventTypes)
  const nextEventId = createIdPool('event')
  const timers = createTimers(context.clock)
  const input = createTranslationInput()
  const interpreter = createInterpreter(context, { emit, timers })
  let session = resource
  let isClosing = false
  let isOver = false

  function emit({ type, ...rest }: OutgoingTranslation): void {
    if (isOver || transport.state !== 'open') return
    transport.send(JSON.stringify({ type, event_id: nextEventId(), ...rest }))
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
    timers.clear()
  }

  function translate(speech: readonly Stretch[]): void {
    for (const stretch of speech) interpreter.take(stretch, session)
  }

  function answer(event: TranslationClientEvent): Refusal | undefined {
    if (isClosing) return refusals.sessionClosing()
    switch (event.type) {
      case 'session.update':
        session = updateTranslationSession(session, event.session)
        emit({ type: 'session.updated', session })
        return undefined
      case 'session.input_audio_buffer.append': {
        const speech = input.append(event.audio)
        if (isRefusal(speech)) return speech
        translate(speech)
        return undefined
      }
      case 'session.close':
        isClosing = true
        translate(input.end())
        interpreter.afterLast(() => {
          emit({ type: 'session.closed' })
          leave(1000, '')
        })
        return undefined
    }
  }

  timers.after(context.sessionMs, () => {
    const expired = refusals.sessionExpired(Math.round(context.sessionMs / 60_000))
    refuse(expired, null)
    leave(1001, expired.message)
  })
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
