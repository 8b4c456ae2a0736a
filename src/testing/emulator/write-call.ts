import { createId } from '../../internal/id.js'
import { closeItem, type Desk, openItem, type Production, spend } from './production.js'
import type { Call } from './script.js'
import { argumentPieces, obfuscationFor } from './words.js'

const msAPiece = 20

/** Writes a function call; the answer is whether it was written to its end. */
export function* writeCall(desk: Desk, call: Call): Production<boolean> {
  const { emit, responseId } = desk
  const id = createId('item')
  const callId = call.callId ?? createId('call').slice(0, 21)
  const item = (status: 'in_progress' | 'completed' | 'incomplete', args: string) =>
    ({ id, type: 'function_call', status, name: call.name, call_id: callId, arguments: args }) as const
  const open = openItem(desk, item('in_progress', ''))
  const place = { response_id: responseId, item_id: id, output_index: open.outputIndex, call_id: callId }

  let written = ''
  let isWhole = false
  try {
    for (const piece of argumentPieces(call.arguments)) {
      if (!spend(desk, 'text', 1)) return false
      written += piece
      emit({
        type: 'response.function_call_arguments.delta',
        ...place,
        delta: piece,
        obfuscation: obfuscationFor(piece),
      })
      yield desk.now() + msAPiece / desk.pace
    }
    isWhole = true
    return true
  } finally {
    emit({ type: 'response.function_call_arguments.done', ...place, name: call.name, arguments: written })
    closeItem(desk, open, item(isWhole ? 'completed' : 'incomplete', written))
  }
}
