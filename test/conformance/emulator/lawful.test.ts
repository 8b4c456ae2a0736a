import { describe, expect, test } from 'vitest'
import type { ServerEvent } from '../../../src/protocol/server-events.js'
import { breaches } from './lawful.js'

let count = 0
const event = (type: string, fields: object = {}) => ({ type, event_id: `e${count++}`, ...fields }) as ServerEvent
const created = (id: string, conversation_id: string | null = 'c') =>
  event('response.created', { response: { id, conversation_id } })
const finished = (id: string) => event('response.done', { response: { id } })
const added = (id: string, previous_item_id: string | null = null) =>
  event('conversation.item.added', { item: { id }, previous_item_id })
const ended = (id: string) => event('conversation.item.done', { item: { id } })
const committed = (item_id: string, previous_item_id: string | null = null) =>
  event('input_audio_buffer.committed', { item_id, previous_item_id })
const part = (kind: string, response_id: string) =>
  event(kind, { response_id, item_id: 'i', content_index: 0, output_index: 0 })

describe('breaches() reports', () => {
  test.each<[string, number, ServerEvent[]]>([
    ['two responses at once', 1, [created('a'), created('b')]],
    ['a response that is created twice', 2, [created('a'), finished('a'), created('a'), finished('a')]],
    ['a response that is never done', 2, [created('a')]],
    ['a response that is done twice', 3, [created('a'), finished('a'), finished('a')]],
    [
      'an event after the end of its response',
      3,
      [created('a'), finished('a'), part('response.output_text.delta', 'a')],
    ],
    [
      'an output item that is not done',
      4,
      [
        created('a'),
        event('response.output_item.added', { response_id: 'a', output_index: 0, item: { id: 'i' } }),
        finished('a'),
      ],
    ],
    ['a part that is not done', 4, [created('a'), part('response.content_part.added', 'a'), finished('a')]],
    ['an item that is not done', 4, [added('i')]],
    ['a delta before its part', 5, [created('a'), part('response.output_text.delta', 'a'), finished('a')]],
    [
      'a delta after its part',
      5,
      [
        created('a'),
        part('response.content_part.added', 'a'),
        part('response.content_part.done', 'a'),
        part('response.output_text.delta', 'a'),
        finished('a'),
      ],
    ],
    ['a commit without its item', 6, [committed('u')]],
    ['a commit that is followed by another item', 6, [committed('u'), added('v'), ended('v')]],
    [
      'a commit that does not follow the last item',
      6,
      [added('i'), ended('i'), committed('u'), added('u'), ended('u')],
    ],
    ['an item after one that does not exist', 6, [added('i', 'x'), ended('i')]],
    [
      'a turn that is committed into the response it interrupted',
      7,
      [
        created('a'),
        event('input_audio_buffer.speech_started', { item_id: 'u' }),
        committed('u'),
        added('u'),
        ended('u'),
        finished('a'),
      ],
    ],
    [
      'a deleted item that returns',
      8,
      [added('i'), ended('i'), event('conversation.item.deleted', { item_id: 'i' }), added('i'), ended('i')],
    ],
    [
      'a truncation that lengthens',
      8,
      [
        event('conversation.item.truncated', { item_id: 'i', audio_end_ms: 5 }),
        event('conversation.item.truncated', { item_id: 'i', audio_end_ms: 6 }),
      ],
    ],
  ])('%s', (_, law, events) => {
    expect(breaches(events, { isOver: true }).map((text) => text.slice(0, 6))).toContain(`law ${law}:`.slice(0, 6))
  })

  test('nothing for a lawful session', () => {
    expect(
      breaches(
        [
          added('i'),
          ended('i'),
          created('a'),
          created('b', null),
          finished('a'),
          finished('b'),
          committed('u', 'i'),
          added('u', 'i'),
          ended('u'),
        ],
        { isOver: true },
      ),
    ).toEqual([])
  })
})
