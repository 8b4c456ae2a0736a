import { tryDecodeBase64 } from '../../internal/decode-base64.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { createDeferred } from '../../internal/deferred.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { Response } from '../../protocol/response.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { SessionError } from '../error.js'
import type { ResponseOutcome } from './outcome.js'
import { createReplayBuffer, type ReadOptions, type ReplayBuffer } from './replay-buffer.js'
import type { SettledResponse } from './settled-response.js'

/** One response, from its request to its outcome. */
export interface ResponseHandle {
  /** The id that the server assigned, or `undefined` before the response is created. */
  readonly id: string | undefined
  /** Whether the response belongs to the conversation. `false` for responses requested with `conversation: 'none'`. */
  readonly isInBand: boolean
  /** Resolves with the response when the server creates it. Rejects when it settles without being created. */
  readonly created: Promise<DeepReadonly<Response>>
  /** Resolves with the outcome. It always settles and never rejects. */
  readonly done: Promise<ResponseOutcome>
  /**
   * Resolves when everything that the response led to is finished: its tool calls, the responses to their results, and the playback, if a
   * player reports to `session.playback` or the server plays the audio. It never rejects, and it resolves at the latest when the session is
   * closed. A tool call that gets no result ends it after `responseTimeoutMs`. Read it before 32 more responses are created.
   * @example
   * ```ts
   * const { text, toolCalls } = await session.sendMessage('What is the weather in Paris?').settled
   * ```
   */
  readonly settled: Promise<SettledResponse>
  /**
   * Returns the text deltas from the start of the response. Completes with the response.
   * @example
   * ```ts
   * for await (const text of session.respond({ output_modalities: ['text'] }).text()) process.stdout.write(text)
   * ```
   */
  text(options?: ReadOptions): AsyncIterableIterator<string>
  /** Returns the transcript deltas of the model's audio from the start of the response. Completes with the response. */
  transcript(options?: ReadOptions): AsyncIterableIterator<string>
  /**
   * Returns the audio in the session's output format from the start of the response. Completes with the response. The handle keeps the audio,
   * at most 64 MiB as base64, for late readers, so drop your reference to a handle whose audio you no longer need.
   */
  audio(options?: ReadOptions): AsyncIterableIterator<Uint8Array>
  /** Returns the items, each when it is complete. Completes with the response. */
  items(): AsyncIterableIterator<DeepReadonly<ConversationItem>>
  /** Cancels the response in any phase: queued, requested, or running. Does nothing after it has settled. */
  cancel(): void
}

/** Receives what happens to a response. */
export interface ResponseObserver {
  /** The request was passed on to be sent. */
  submitted(): void
  /** The server has created the response. */
  start(response: Response): void
  /** Adds the content of an event to the handle's buffers. */
  receive(event: ServerEvent): void
  /** Settles `created` and `done`. Only the first call has an effect. */
  settle(outcome: ResponseOutcome): void
}

/** The observer of a response that has no handle. */
export const noObserver: ResponseObserver = { submitted() {}, start() {}, receive() {}, settle() {} }

/** The side of a handle that the session uses. */
export interface ResponseControl extends ResponseObserver {
  readonly handle: ResponseHandle
}

/** What a handle buffers for its readers, by the name of the method that reads it. */
interface Content {
  text: string
  transcript: string
  audio: string
  items: ConversationItem
}

/** Returns how much a value counts in a buffer, in bytes. */
const sizeOf: { readonly [Name in keyof Content]: (value: Content[Name]) => number } = {
  text: lengthOf,
  transcript: lengthOf,
  audio: lengthOf,
  items: () => 1024,
}

export function createResponseHandle(options: {
  readonly isInBand: boolean
  readonly content: 'keep' | 'discard'
  readonly cancel: () => void
  readonly whenSettled: (handle: ResponseHandle) => Promise<SettledResponse>
  readonly onSubmitted: (handle: ResponseHandle) => void
}): ResponseControl {
  const created = createDeferred<Response>()
  const done = createDeferred<ResponseOutcome>()
  const buffers: { [Name in keyof Content]?: ReplayBuffer<Content[Name]> } = {}
  let settled: Promise<SettledResponse> | undefined

  /** Returns a buffer, which is created for its first value or its first reader. */
  function bufferOf<Name extends keyof Content>(name: Name): ReplayBuffer<Content[Name]> {
    const known = buffers[name]
    if (known) return known
    const buffer: ReplayBuffer<Content[Name]> = createReplayBuffer(sizeOf[name])
    if (done.settled) buffer.end()
    ;(buffers as Record<Name, ReplayBuffer<Content[Name]>>)[name] = buffer
    return buffer
  }

  const handle = {
    id: undefined as string | undefined,
    isInBand: options.isInBand,
    created: created.promise,
    done: done.promise,
    get settled(): Promise<SettledResponse> {
      settled ??= options.whenSettled(this)
      return settled
    },
    text: (readOptions?: ReadOptions) => bufferOf('text').read(readOptions),
    transcript: (readOptions?: ReadOptions) => bufferOf('transcript').read(readOptions),
    audio: (readOptions?: ReadOptions) => decode(bufferOf('audio').read(readOptions)),
    items: () => bufferOf('items').read(),
    cancel: options.cancel,
  }

  return {
    submitted: () => options.onSubmitted(handle),
    start(response) {
      handle.id = response.id
      created.resolve(response)
    },
    receive(event) {
      if (done.settled || options.content === 'discard') return
      switch (event.type) {
        case 'response.output_text.delta':
          bufferOf('text').push(event.delta)
          break
        case 'response.output_audio_transcript.delta':
          bufferOf('transcript').push(event.delta)
          break
        case 'response.output_audio.delta':
          bufferOf('audio').push(event.delta)
          break
        case 'response.output_item.done':
          bufferOf('items').push(event.item)
          break
      }
    },
    settle(outcome) {
      if (done.settled) return
      done.resolve(outcome)
      if (outcome.status === 'rejected') created.reject(outcome.error)
      else if (!created.settled) created.reject(new SessionError('CLOSED', { code: 1000, reason: outcome.status }))
      for (const buffer of Object.values(buffers)) buffer.end()
    },
    handle,
  }
}

/** Returns the size of a text. An empty delta takes memory too. */
function lengthOf(text: string): number {
  return Math.max(1, text.length)
}

/** Decodes base64 audio when it is read. Invalid base64 is skipped, so the reader gets the rest of the audio. */
function decode(deltas: AsyncIterableIterator<string>): AsyncIterableIterator<Uint8Array> {
  return {
    async next() {
      for (;;) {
        const { done, value } = await deltas.next()
        if (done) return { done, value: undefined }
        const audio = tryDecodeBase64(value)
        if (audio) return { done: false, value: audio }
      }
    },
    async return() {
      await deltas.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
