import { createId } from '../../../internal/id.js'
import type { McpCallItem } from '../../../protocol/items.js'
import { closeItem, openItem, type ResponseWriter, type TimedGenerator, takeTokens } from '../response-writer.js'
import { obfuscationFor, splitArguments } from '../text-deltas.js'
import type { McpCall } from './mcp-call-step.js'
import type { McpCalls } from './mcp-calls.js'
import type { CallableMcpTool } from './mcp-tools.js'

const deltaIntervalMs = 20

/**
 * Writes an MCP call. When its arguments are complete, it runs beside the response, which does not wait for it.
 * @returns Whether the call is complete.
 */
export function* writeMcpCall(
  writer: ResponseWriter,
  call: McpCall,
  { callable, calls }: { readonly callable: CallableMcpTool; readonly calls: McpCalls },
): TimedGenerator<boolean> {
  const { emit, responseId } = writer
  const id = createId('item')
  const item = (args: string): McpCallItem & { readonly id: string } => ({
    id,
    type: 'mcp_call',
    server_label: call.server,
    name: call.name,
    arguments: args,
    approval_request_id: null,
    output: null,
    error: null,
  })
  const open = openItem(writer, item(''))
  const place = { response_id: responseId, item_id: id, output_index: open.outputIndex }

  let written = ''
  let isWhole = false
  try {
    for (const piece of splitArguments(call.arguments)) {
      if (!takeTokens(writer, 'text', 1)) return false
      written += piece
      emit({ type: 'response.mcp_call_arguments.delta', ...place, delta: piece, obfuscation: obfuscationFor(piece) })
      writer.completePrevious()
      yield writer.now() + deltaIntervalMs / writer.pace
    }
    isWhole = true
    return true
  } finally {
    writer.completePrevious()
    emit({ type: 'response.mcp_call_arguments.done', ...place, arguments: written })
    const whole = item(written)
    writer.output[open.outputIndex] = whole
    if (open.entry) open.entry.item = whole
    if (!isWhole) closeItem(writer, open, whole)
    else
      calls.run({
        item: whole,
        outputIndex: open.outputIndex,
        callable,
        complete: (done) => closeItem(writer, open, { ...done, id }),
      })
  }
}
