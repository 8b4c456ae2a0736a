import { encodeBase64 } from '../internal/encode-base64.js'
import { createId } from '../internal/id.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { InputAudio, InputImage, InputText } from '../protocol/content.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { ResponseCreateParams } from '../protocol/response.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { ConnectionOf } from './connection/connection-parts.js'
import { request, send } from './connection/event-exchange.js'
import { removeWaiting } from './connection/send-queue.js'
import { type AudioInput, createPayload } from './input-audio.js'
import { announce } from './responses/announcements.js'
import type { ResponseHandle } from './responses/handle.js'
import type { RespondOptions, Responses, SentMessage } from './responses/options.js'
import { respond } from './responses/scheduler.js'

/** One part of a message: text, an image as a data URL, or audio in the input format of the session. */
export type MessageContent = InputText | InputImage | (Omit<InputAudio, 'audio'> & { audio: AudioInput })

/** Options of `sendMessage`. */
export interface SendMessageOptions extends RespondOptions {
  /** Parameters of the response, as in `respond()`. */
  response?: ResponseCreateParams | undefined
  /**
   * The id of the message, at most 32 characters.
   * @defaultValue a new id
   */
  itemId?: string | undefined
}

type RealtimeConnection = ConnectionOf<Sendable<ClientEvent>, ServerEvent, unknown>

/** Creates `respond`, `sendMessage`, and `announceResponse` of a session. `onRequested` receives the handle of each request. */
export function createRequests(
  connection: RealtimeConnection,
  responses: Responses,
  onRequested: (handle: ResponseHandle) => void,
) {
  return {
    announceResponse: () => announce(responses.announcements),
    respond(params?: ResponseCreateParams, options?: RespondOptions): ResponseHandle {
      const handle = respond(responses, params, options)
      onRequested(handle)
      return handle
    },
    sendMessage(content: string | readonly MessageContent[], options: SendMessageOptions = {}): ResponseHandle {
      const { response, itemId = createId('item'), ...respondOptions } = options
      const handle = respond(responses, response, respondOptions, () => sendItem(connection, itemId, content))
      onRequested(handle)
      return handle
    },
  }
}

/** Sends a user message. @throws {RealtimeError} when it cannot be sent. */
function sendItem(
  connection: RealtimeConnection,
  id: string,
  content: string | readonly MessageContent[],
): SentMessage {
  const event_id = createId('event')
  const aborter = new AbortController()
  let failure: { readonly error: unknown } | undefined
  const item = { type: 'message', role: 'user', id, content: contentOf(content) } as const
  // The response decides how long to wait. Without a connection, the message waits for one.
  const acknowledged = request(
    connection,
    { type: 'conversation.item.create', event_id, item },
    { signal: aborter.signal, timeoutMs: Number.POSITIVE_INFINITY },
    (event) => {
      try {
        send(connection, event)
      } catch (error) {
        failure = { error }
        throw error
      }
    },
  )
  acknowledged.catch(() => {})
  if (failure) throw failure.error
  return {
    acknowledged,
    withdraw() {
      if (removeWaiting(connection.queue, event_id)) aborter.abort()
    },
  }
}

function contentOf(content: string | readonly MessageContent[]): (InputText | InputImage | InputAudio)[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }]
  // Other values are left to the validation of the event.
  if (!Array.isArray(content)) return content as never
  const payloadOf = createPayload()
  return content.map((part: MessageContent) => {
    if (part?.type !== 'input_audio') return part
    const audio = payloadOf(part.audio)
    return { ...part, audio: typeof audio === 'string' ? audio : encodeBase64(audio) }
  })
}
