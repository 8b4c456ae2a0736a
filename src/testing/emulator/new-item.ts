import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import { createEntry, type Entry } from './conversation.js'
import { bytesOfBase64, bytesPerSample, decodeAudio, type PcmAudio, rateOf } from './pcm-audio.js'
import { type Refusal, refusals } from './refusals.js'
import { checkItemIds } from './service-limits.js'
import type { SessionFormats } from './settings.js'

/**
 * Returns the entry for an item that a client creates, with an identifier, a status, and decoded audio, or why the item is rejected.
 */
export function newEntry(input: ConversationItemInput, formats: SessionFormats, param: string): Entry | Refusal {
  const refusal = checkItemIds(input, param)
  if (refusal) return refusal
  const id = input.id ?? createId('item')
  if (input.type === 'function_call') {
    const { type, name, call_id = createId('call').slice(0, 21), arguments: args } = input
    return createEntry({ id, type, status: 'completed', name, call_id, arguments: args })
  }
  if (input.type === 'function_call_output') {
    const { type, call_id, output } = input
    return createEntry({ id, type, call_id, output })
  }
  if (input.type !== 'message') {
    return createEntry({ ...input, id })
  }
  const { type, role } = input
  if (input.role === 'system')
    return createEntry({ id, type, status: 'completed', role: 'system', content: input.content })
  const format = role === 'user' ? formats.input : formats.output
  const sounds: Int16Array[] = []
  for (const [index, part] of input.content.entries()) {
    if (!('audio' in part) || part.audio === undefined) continue
    const bytes = bytesOfBase64(part.audio)
    if (!bytes || bytes.length % bytesPerSample(format) !== 0) {
      return refusals.invalidAudio(`${param}.content[${index}].audio`, format.type)
    }
    sounds.push(decodeAudio(bytes, format).pcm)
  }
  const audio = joined(sounds, rateOf(format))
  if (input.role === 'user') {
    const content = input.content.map((part) =>
      part.type === 'input_audio' ? { type: part.type, transcript: part.transcript ?? null } : part,
    )
    return createEntry({ id, type, status: 'completed', role: 'user', content }, audio)
  }
  const content = input.content.map((part) =>
    part.type === 'output_audio' ? { type: part.type, transcript: part.transcript ?? '' } : part,
  )
  return createEntry({ id, type, status: 'completed', role: 'assistant', content }, audio)
}

function joined(sounds: readonly Int16Array[], rate: number): PcmAudio | undefined {
  if (sounds.length === 0) return undefined
  const pcm = new Int16Array(sounds.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const audio of sounds) {
    pcm.set(audio, at)
    at += audio.length
  }
  return { pcm, rate }
}
