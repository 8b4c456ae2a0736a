import fc from 'fast-check'
import { type Json, sessionResource } from './peer.js'
import { wildEvent } from './wild-events.js'

/** Values of wrong types that a faulty server might send. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, -1, 0.5, 7, 1e308, '', 'text', '__proto__', 'constructor'),
  fc.constantFrom([], {}, [null], [[]], ['a', 'b'], [{ text: 'x' }], [{ type: 7 }], [{ type: 'output_text', text: 7 }]),
  fc.jsonValue({ maxDepth: 2 }),
)

/** An item of an unknown type, with content of any shape. */
const unknownItem = fc.record(
  {
    id: fc.constantFrom<unknown>('i1', 'i2', 'i3', '__proto__', 7, null),
    type: fc.constantFrom('reasoning_step', 'constructor', ''),
    status: oddValue,
    role: fc.constantFrom('assistant', 'user', null),
    content: oddValue,
    arguments: oddValue,
    call_id: oddValue,
  },
  { requiredKeys: ['id', 'type'] },
)

const itemTypes = [
  'conversation.item.added',
  'conversation.item.created',
  'conversation.item.done',
  'conversation.item.retrieved',
  'response.output_item.added',
  'response.output_item.done',
]

const eventOfUnknownItem = fc.record({
  type: fc.constantFrom(...itemTypes),
  previous_item_id: fc.constantFrom(null, 'i1', 'i2', 'root'),
  response_id: fc.constantFrom('r1', 'r2', '__proto__'),
  output_index: fc.constantFrom<unknown>(0, -1, 0.5, 1e308),
  item: unknownItem,
}) as fc.Arbitrary<Json>

const sessionUpdated = fc.constant<Json>({
  type: 'session.updated',
  session: {
    ...sessionResource,
    instructions: 'x',
    tools: [{ type: 'function', name: 'f', parameters: {} }],
    audio: {
      input: {
        turn_detection: { type: 'server_vad' },
        transcription: { model: 'whisper-1' },
        format: { type: 'audio/pcm' },
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin', speed: 1 },
    },
  },
})

/** A server event with one value replaced at any position, or with an item of an unknown type. */
export const oddEvent: fc.Arbitrary<Json> = fc.oneof(
  wildEvent,
  eventOfUnknownItem,
  fc
    .tuple(fc.oneof({ weight: 5, arbitrary: wildEvent }, sessionUpdated), fc.nat(), oddValue)
    .map(([event, pick, value]) => {
      const paths = pathsOf(event).filter((path) => path.join() !== 'type')
      return replaced(event, paths[pick % paths.length] ?? [], value) as Json
    }),
)

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, entry]) => [[...path, key], ...pathsOf(entry, [...path, key])])
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value))
    return value.map((entry, index) => (String(index) === key ? replaced(entry, rest, by) : entry))
  const entries = Object.entries(value as object)
  return Object.fromEntries(entries.map(([name, entry]) => [name, name === key ? replaced(entry, rest, by) : entry]))
}
