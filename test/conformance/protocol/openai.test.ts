import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compare, type Direction } from './support/compare.js'
import { readTypes, type Shape } from './support/shapes.js'
import { unexplained } from './support/unexplained.js'

const pairs: readonly [ours: string, theirs: string, Direction][] = [
  ['ServerEvent', 'RealtimeServerEvent', 'received'],
  ['ClientEvent', 'RealtimeClientEvent', 'sent'],
  ['TranslationServerEvent', 'RealtimeTranslationServerEvent', 'received'],
  ['TranslationClientEvent', 'RealtimeTranslationClientEvent', 'sent'],
]

/** Every difference between our types and those of the `openai` package that is meant, as in `deliberate.ts`. */
const deliberate: Readonly<Record<string, string>> = {
  // What real traffic has.
  'received *.obfuscation: field only here': 'on every delta that bears text',
  'received *.phase: field only here': 'gpt-realtime-2.1 sends it',
  'received *.reasoning_tokens: field only here': 'reasoning models send it',
  'received response.content_part.*.content: field only here': 'Azure sends the part twice',
  'received *.response.status_details: text only here': 'some servers send bare text',
  'received *: variant message only here': 'a message in a role that is not known yet',
  'received *dtmf_event_received.event_id: field only here': 'every other event has one; it may come',

  // What they take from the session that is asked for, and we from the session that is.
  'received session.*.session.id: field only here': 'their session is the request',
  'received session.*.session.object: field only here': 'their session is the request',
  'received session.*.session.expires_at: field only here': 'their session is the request',
  'received session.*.session.audio.input.turn_detection.*: field only in the document':
    'a transcription session has no responses to create or interrupt',
  'received session.*.session.audio.input.turn_detection.type: required only in the document': 'nothing relies on it',

  // What they require of the server and we do not rely on.
  'received *.logprobs[].bytes: required only in the document': 'null for tokens that are no text',
  'received *.truncation.retention_ratio: required only in the document': 'nothing relies on it',
  'received *_transcription.completed.usage: required only in the document': 'servers of 2025 leave it out',
  'received *.function_call_arguments.done.name: required only in the document': 'servers of 2025 leave it out',
  'received session.*.session.audio.input.transcription.model: required only in the document': 'nothing relies on it',
  'received session.*.session.audio.input.noise_reduction.type: required only in the document': 'nothing relies on it',

  'received *.event_id: required only in the document': 'other servers leave it out, and nothing relies on it',
  'received *.output_index: required only in the document': 'other servers leave it out of some events',
  'received *.content_part.*.part: required only in the document': 'other servers leave it out of content_part.done',
  'received *.speech_started.audio_start_ms: required only in the document': 'other servers do not report positions',
  'received *.speech_stopped.audio_end_ms: required only in the document': 'other servers do not report positions',

  // What they leave optional and everybody relies on.
  'received *item.id: required only here': 'the key of an item',
  'received *.output[].id: required only here': 'the key of an item',
  'received *.call_id: required only here': 'what the output must name',
  'received *.content[].type: required only here': 'what the part is',
  'received *.part.type: required only here': 'what the part is',
  'received *.response.id: required only here': 'the key of a response',
  'received *.response.status: required only here': 'how a response ended',
  'received *.response.output: required only here': 'what a response made',
  '*.format.type: required only here': 'a format without a type says nothing',
  '*.tools[].type: required only here': 'a tool without a type is refused',
  '*.tools[].name: required only here': 'a tool without a name is refused',
  'sent *.content[].type: required only here': 'a part without a type is refused',
  'sent *.content[].text: required only here': 'a system message has nothing else',
  'sent *.noise_reduction.type: required only here': 'null turns it off',

  'sent *.extra: field only here': 'the codec adds its fields to the object that contains it',

  // What they fix and the service may grow.
  'received *.format.rate: number is any here and 24000 in the document': 'other rates may come',
  'received *.audio.output.voice: object only here': 'a custom voice may be echoed',
  'sent *.connector_id: open only here': 'the service adds connectors',
  'sent *.include[]: open only here': 'the service adds values',

  // Names that they do not complete.
  '*.audio.output.voice: "*" only here': 'the compiler folds theirs into any string',
  'received session.*.session.model: "gpt-realtime-translate" only here': 'named in an example of the document',
  '*.audio.input.transcription.model: "*" only here': 'named for the other session',

  // What they lack.
  'sent session.update.session.audio.input.transcription: null only here': 'prose: null turns it off',
  'sent session.update.session.audio.input.noise_reduction: null only here': 'prose: null turns it off',
  'sent *.tools[].annotations: null only here': 'the document has it',
  'sent response.create.response.input[]: variant item_reference only here': 'prose and example: an item by its id',
  'received session.*.session.audio.input.transcription.language*: field only here':
    'the shape of the other session is shared',
  'received session.*.session.audio.input.transcription.prompt: field only here':
    'the shape of the other session is shared',
  'received session.*.session.audio.input.transcription.keywords: field only here':
    'the shape of the other session is shared',
  'received session.*.session.audio.input.transcription.delay: field only here':
    'the shape of the other session is shared',
}

const theirEntry = fileURLToPath(
  new URL('../../../node_modules/openai/resources/realtime/realtime.d.ts', import.meta.url),
)

/** The alternatives of a union of events, each a shape of its own, by type. */
function byType(union: Shape): Map<string, Shape> {
  return new Map(
    union.objects.map((object) => {
      const [type = ''] = object.fields.get('type')?.shape.text?.known ?? []
      return [type, { isNullable: false, objects: [object] }]
    }),
  )
}

test('the event types match those of the openai package, except for listed differences', () => {
  const facts = new Set<string>()
  const ours = readTypes()
  const theirs = readTypes(theirEntry)
  for (const [mine, official, direction] of pairs) {
    const events = byType(theirs.shape(official))
    const known = byType(ours.shape(mine))
    expect([...known.keys()].sort()).toEqual([...events.keys()].sort())
    for (const [type, shape] of known)
      compare(shape, events.get(type) ?? shape, type, direction, (fact) => facts.add(fact))
  }
  expect(unexplained(facts, deliberate)).toEqual({ withoutReason: [], withoutDifference: [] })
})
