import { getIn, isJson, type Json, type Path } from '../../migrate/json.js'

/** The displayed fields of events, by type or prefix. */
const details: readonly (readonly [RegExp, readonly Path[]])[] = [
  [
    /^error$/,
    [
      ['error', 'code'],
      ['error', 'type'],
      ['error', 'param'],
    ],
  ],
  [
    /^session\.(created|updated)$/,
    [
      ['session', 'type'],
      ['session', 'model'],
    ],
  ],
  [
    /^session\.update$/,
    [
      ['session', 'type'],
      ['session', 'output_modalities'],
    ],
  ],
  [
    /^response\.(created|done)$/,
    [
      ['response', 'id'],
      ['response', 'status'],
      ['response', 'status_details', 'reason'],
      ['response', 'usage', 'total_tokens'],
    ],
  ],
  [
    /^response\.output_item\./,
    [
      ['item', 'type'],
      ['item', 'id'],
      ['item', 'name'],
    ],
  ],
  [
    /^conversation\.item\.(create|added|done|retrieved)$/,
    [
      ['item', 'type'],
      ['item', 'role'],
      ['item', 'id'],
      ['item', 'name'],
    ],
  ],
  [/^response\.function_call_arguments\.done$/, [['name'], ['call_id']]],
  [/\.(done|completed)$/, [['transcript'], ['text'], ['item_id']]],
  [/^input_audio_buffer\.speech_/, [['audio_start_ms'], ['audio_end_ms'], ['item_id']]],
  [/^conversation\.item\.truncate/, [['item_id'], ['audio_end_ms']]],
  [
    /^(open|close|reconnecting|open_failed|recording)$/,
    [['code'], ['reason'], ['attempt'], ['delayMs'], ['startedAt'], ['error', 'code']],
  ],
  [/./, [['item_id'], ['response_id']]],
]

const longest = 60

/** Returns the most important values of an event. */
export function describe(event: Json): string {
  const paths = details.find(([pattern]) => pattern.test(String(event.type)))?.[1] ?? []
  return paths
    .flatMap((path) => {
      const value = getIn(event, path)
      return value === undefined || value === null ? [] : [short(value)]
    })
    .join(' ')
}

function short(value: unknown): string {
  const text = (isJson(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)).replace(/\s+/g, ' ')
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
