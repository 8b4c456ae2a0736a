import { decodeBase64 } from '../audio/base64.js'
import { isAudioError } from '../audio/error.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import { createDeferred } from '../internal/deferred.js'
import type { ConversationItem } from '../protocol/items.js'
import type { Response } from '../protocol/response.js'
import type { ServerEvent } from '../protocol/server-events.js'
import { SessionError } from './error.js'
import type { ResponseOutcome } from './outcome.js'
import { createStream, type ReadOptions } from './stream.js'

/** One response, from being asked for to its end. */
export interface ResponseHandle {
  /** The server's id, once the response was created. */
  readonly id: string | undefined
  /** Whether it belongs to the conversation; false when it was asked for with `conversation: 'none'`. */
  readonly isInBand: boolean
  /** Resolves with the response as created; rejects when it ends without being created. */
  readonly created: Promise<DeepReadonly<Response>>
  /** Resolves with how it ended. It always settles and never rejects. */
  readonly done: Promise<ResponseOutcome>
  /** The text as it is written, from the beginning; it ends with the response. */
  text(options?: ReadOptions): AsyncIterableIterator<string>
  /** The words of the spoken answer as they come, from the beginning; it ends with the response. */
  transcript(options?: ReadOptions): AsyncIterableIterator<string>
  /**
   * The sound as bytes in the session's output format, from the beginning; it ends with the response. The handle keeps it, as received, so
   * that whoever reads late misses nothing: let go of a handle when its sound is not needed any more.
   */
  audio(options?: ReadOptions): AsyncIterableIterator<Uint8Array>
  /** The items as each is finished; it ends with the response. */
  items(): AsyncIterableIterator<DeepReadonly<ConversationItem>>
  /** Stops it, at whatever stage it is. Cancelling what has ended does nothing. */
  cancel(): void
}

/** The end of a handle that the session holds. */
export interface ResponseControl {
  readonly handle: ResponseHandle
  readonly isSettled: boolean
  begin(response: Response): void
  stream(event: ServerEvent): void
  settle(outcome: ResponseOutcome): void
  /** Nobody has the handle, so nobody will read: nothing needs to be kept. */
  forsake(): void
}

export function createResponseHandle(options: { isInBand: boolean; cancel: () => void }): ResponseControl {
  const created = createDeferred<Response>()
  const done = createDeferred<ResponseOutcome>()
  const texts = createStream<string>(lengthOf)
  const transcripts = createStream<string>(lengthOf)
  const finishedItems = createStream<ConversationItem>(() => itemBytes)
  const sounds = createStream<string>(lengthOf)
  let id: string | undefined
  let isForsaken = false

  return {
    get isSettled() {
      return done.settled
    },
    begin(response) {
      id = response.id
      created.resolve(response)
    },
    stream(event) {
      if (done.settled || isForsaken) return
      switch (event.type) {
        case 'response.output_text.delta':
          texts.push(event.delta)
          break
        case 'response.output_audio_transcript.delta':
          transcripts.push(event.delta)
          break
        case 'response.output_audio.delta':
          sounds.push(event.delta)
          break
        case 'response.output_item.done':
          finishedItems.push(event.item)
          break
      }
    },
    settle(outcome) {
      if (done.settled) return
      done.resolve(outcome)
      if (outcome.status === 'rejected') created.reject(outcome.error)
      else if (!created.settled) created.reject(new SessionError('CLOSED', { code: 1000, reason: outcome.status }))
      for (const stream of [texts, transcripts, finishedItems, sounds]) stream.end()
    },
    forsake() {
      isForsaken = true
    },
    handle: {
      get id() {
        return id
      },
      isInBand: options.isInBand,
      created: created.promise,
      done: done.promise,
      text: texts.read,
      transcript: transcripts.read,
      audio: (options) => decoded(sounds.read(options)),
      items: finishedItems.read,
      cancel: options.cancel,
    },
  }
}

// An empty delta takes memory too.
const lengthOf = (text: string) => Math.max(1, text.length)

/** What an item counts as, so that a response that never ends cannot keep any number of them. */
const itemBytes = 1024

/** The bytes of base64 texts, decoded when they are read. A damaged one is a gap in the sound, and no reason to lose the rest. */
function decoded(texts: AsyncIterableIterator<string>): AsyncIterableIterator<Uint8Array> {
  return {
    async next() {
      for (;;) {
        const { done, value } = await texts.next()
        if (done) return { done, value: undefined }
        try {
          return { done: false, value: decodeBase64(value) }
        } catch (error) {
          if (!isAudioError(error)) throw error
        }
      }
    },
    async return() {
      await texts.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
