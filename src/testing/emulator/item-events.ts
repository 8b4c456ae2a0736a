import type { ClientEventOf } from '../../protocol/client-events.js'
import type { Conversation, Entry } from './conversation.js'
import { newEntry } from './new-item.js'
import { encodeAudio, firstMs, type PcmAudio } from './pcm-audio.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { type Emit, withoutTranscript } from './response-writer.js'
import { checkItemIds } from './service-limits.js'
import type { SessionFormats } from './settings.js'

/** Options for handling item events. */
export interface ItemEventsOptions {
  readonly conversation: Conversation
  readonly emit: Emit
  /** Returns the current audio formats of the session. */
  readonly formats: () => SessionFormats
  /** Called when a client has created a user message with audio that has no transcript. */
  readonly onUserAudio: (entry: Entry, audio: PcmAudio) => void
}

/** Creates handlers for `conversation.item.*` client events. Each one returns a refusal if the event is rejected. */
export function createItemEvents({ conversation, emit, formats, onUserAudio }: ItemEventsOptions) {
  return {
    create({ item: input, previous_item_id }: ClientEventOf<'conversation.item.create'>): Refusal | undefined {
      const tooLong = checkItemIds(input, 'item')
      if (tooLong) return tooLong
      if (input.id !== undefined && conversation.get(input.id)) return refusals.duplicateItem(input.id)
      const previousId = previous_item_id === 'root' ? null : (previous_item_id ?? conversation.lastId)
      if (previousId !== null && !conversation.get(previousId)) return refusals.unknownPreviousItem(previousId)
      if (input.type === 'function_call_output' && !hasCall(conversation, input.call_id)) {
        return refusals.unknownCall(input.call_id)
      }
      const entry = newEntry(input, formats(), 'item')
      if (isRefusal(entry)) return entry
      conversation.insertAfter(previousId, entry)
      emit({ type: 'conversation.item.added', previous_item_id: previousId, item: entry.item })
      emit({ type: 'conversation.item.done', previous_item_id: previousId, item: entry.item })
      if (entry.audio && input.type === 'message' && input.role === 'user' && !hasTranscript(input.content)) {
        onUserAudio(entry, entry.audio)
      }
      return undefined
    },

    retrieve({ item_id }: ClientEventOf<'conversation.item.retrieve'>): Refusal | undefined {
      const entry = conversation.get(item_id)
      if (!entry) return refusals.unknownItem('retriev', item_id)
      emit({ type: 'conversation.item.retrieved', item: withSound(entry, formats()) })
      return undefined
    },

    delete({ item_id }: ClientEventOf<'conversation.item.delete'>): Refusal | undefined {
      if (!conversation.get(item_id)) return refusals.unknownItem('delet', item_id)
      conversation.remove(item_id)
      emit({ type: 'conversation.item.deleted', item_id })
      return undefined
    },

    truncate({
      item_id,
      content_index,
      audio_end_ms,
    }: ClientEventOf<'conversation.item.truncate'>): Refusal | undefined {
      const entry = conversation.get(item_id)
      if (!entry) return refusals.unknownItem('truncat', item_id)
      const { item } = entry
      if (item.type !== 'message' || item.role !== 'assistant' || entry.audioMs === 0) return refusals.notTruncatable()
      if (content_index !== 0) return refusals.wrongContentIndex(content_index)
      if (audio_end_ms > entry.audioMs) return refusals.alreadyShorter(Math.floor(entry.audioMs), audio_end_ms)
      entry.isTruncated = true
      entry.item = withoutTranscript(item)
      if (entry.audio) conversation.keepAudio(entry, firstMs(entry.audio, audio_end_ms))
      entry.audioMs = audio_end_ms
      emit({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms })
      return undefined
    },
  }
}

function hasTranscript(content: readonly { readonly type: string; readonly transcript?: unknown }[]): boolean {
  return content.some(({ type, transcript }) => type === 'input_audio' && Boolean(transcript))
}

function hasCall(conversation: Conversation, callId: string): boolean {
  return conversation.entries.some(({ item }) => item.type === 'function_call' && item.call_id === callId)
}

/** Returns an item with its audio in the formats of the session, if the audio is still kept. */
function withSound({ item, audio }: Entry, { input, output }: SessionFormats): Entry['item'] {
  if (item.type !== 'message' || !audio) return item
  const formats = item.role === 'assistant' ? [output, input] : [input, output]
  // Uses the format of the original audio. If it has changed since, 24 kHz audio is sent as PCM and 8 kHz audio as mu-law.
  const format = formats.find((format) => (format.type === 'audio/pcm') === (audio.rate === 24_000)) ?? {
    type: audio.rate === 24_000 ? 'audio/pcm' : 'audio/pcmu',
  }
  const audioText = encodeAudio(audio.pcm, format)
  const type = format.type === 'audio/pcm' ? 'pcm16' : format.type
  const add = <Part extends { type: string }>(part: Part) =>
    part.type === 'input_audio' || part.type === 'output_audio' ? { ...part, audio: audioText, format: type } : part
  if (item.role === 'assistant') return { ...item, content: item.content.map(add) }
  if (item.role === 'user') return { ...item, content: item.content.map(add) }
  return item
}
