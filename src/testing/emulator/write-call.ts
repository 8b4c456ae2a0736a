import { createId } from '../../internal/id.js'
import { closeItem, openItem, type ResponseWriter, type TimedGenerator, takeTokens } from './response-writer.js'
import type { Call } from './script.js'
import { obfuscationFor, splitArguments } from './text-deltas.js'

const deltaIntervalMs = 20

/** Writes a function call. Returns whether it is complete. */
export function* writeCall(writer: ResponseWriter, call: Call): TimedGenerator<boolean> {
  const { emit, responseId } = writer
  const id = createId('item')
  const callId = call.callId ?? createId('call').slice(0, 21)
  const item = (status: 'in_progress' | 'completed' | 'incomplete', args: string) =>
    ({ id, type: 'function_call', status, name: call.name, call_id: callId, arguments: args }) as const
  const open = openItem(writer, item('in_progress', ''))
  const place = { response_id: responseId, item_id: id, output_index: open.outputIndex, call_id: callId }

  let written = ''
  let isWhole = false
  try {
    for (const piece of splitArguments(call.arguments)) {
      if (!takeTokens(writer, 'text', 1)) return false
      written += piece
      emit({
        type: 'response.function_call_arguments.delta',
        ...place,
        delta: piece,
        obfuscation: obfuscationFor(piece),
      })
      writer.completePrevious()
      yield writer.now() + deltaIntervalMs / writer.pace
    }
    isWhole = true
    return true
  } finally {
    writer.completePrevious()
    emit({ type: 'response.function_call_arguments.done', ...place, name: call.name, arguments: written })
    closeItem(writer, open, item(isWhole ? 'completed' : 'incomplete', written))
  }
}
