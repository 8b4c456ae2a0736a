import { createUpgrade, upgradeLog } from 'realtime-primitives/migrate'
import { describe, expect, it } from 'vitest'

const started = { type: 'output_audio_buffer.audio_started', event_id: 'e', response_id: 'r' }
const upgraded = { type: 'output_audio_buffer.started', event_id: 'e', response_id: 'r' }

describe('upgradeLog: a line', () => {
  it.each([
    ['the event itself', started, upgraded],
    ['a wrapper', { time: 1.5, direction: 'in', event: started }, { time: 1.5, direction: 'in', event: upgraded }],
    [
      'a wrapper with the event as text',
      { ts: 1, data: JSON.stringify(started) },
      { ts: 1, data: JSON.stringify(upgraded) },
    ],
    [
      'a wrapper that repeats the type',
      { eventName: started.type, eventData: started },
      { eventName: upgraded.type, eventData: upgraded },
    ],
    ['wrappers of wrappers', { log: { body: { payload: started } } }, { log: { body: { payload: upgraded } } }],
    ['a wrapper with a type of its own', { type: 'server', message: started }, { type: 'server', message: upgraded }],
  ])('can be %s, and keeps its kind', (_what, entry, expected) => {
    const [line, ...rest] = upgradeLog([JSON.stringify(entry)])
    expect(rest).toEqual([])
    expect(line).toEqual({
      kind: 'server',
      line: 1,
      events: [upgraded],
      lines: [JSON.stringify(expected)],
      dropped: [],
      assumed: [],
    })
  })

  it('can contain several events', () => {
    expect([...upgradeLog([JSON.stringify([started, started])])].map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'server'],
      [1, 'server'],
    ])
  })

  it('is an entry when the file is one JSON array', () => {
    const file = JSON.stringify([started, { time: 1, event: started }], null, 2)
    expect([...upgradeLog(file)].map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'server'],
      [2, 'server'],
    ])
  })

  it('is skipped when blank, and counts in line numbers', () => {
    expect(
      [...upgradeLog(`\uFEFF${JSON.stringify(started)}\r\n\r\n${JSON.stringify(started)}\n`)].map(({ line }) => line),
    ).toEqual([1, 3])
  })

  it.each([
    ['{"type":"error"', 'Line 2 (15 characters) is not JSON. Read it in the field "text" of the result.'],
    ['{"time":1}', 'Line 2 (10 characters) contains no event. Read it in the field "text" of the result.'],
    ['7', 'Line 2 (1 character) contains no event. Read it in the field "text" of the result.'],
  ])('that is invalid (%s) is returned unchanged, and the next one is read', (text, message) => {
    const [, second, third] = upgradeLog([JSON.stringify(started), text, JSON.stringify(started)])
    if (second?.kind !== 'broken') throw new Error(second?.kind)
    expect(second.text).toBe(text)
    expect(second.error.shortMessage).toBe(message)
    expect(third?.kind).toBe('server')
  })

  it('without a GA equivalent is reported with the reason', () => {
    const [line] = upgradeLog(['{"type":"response.done","event_id":"e"}'])
    expect(line).toMatchObject({ kind: 'broken', error: { code: 'NO_EQUIVALENT' } })
  })

  it('of an unknown type is unchanged', () => {
    const event = { type: 'response.sung', voice: 'alloy' }
    expect([...upgradeLog([JSON.stringify(event)])]).toMatchObject([
      { kind: 'unknown', events: [event], lines: [JSON.stringify(event)] },
    ])
  })

  it('with very deep nesting does not stop the upgrade', () => {
    const deep = `{"type":"session.created","event_id":"e","session":{"id":"s","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`
    const [first, second] = upgradeLog([deep, JSON.stringify(started)])
    expect(['broken', 'server']).toContain(first?.kind)
    expect(second?.kind).toBe('server')
  })
})

describe('upgradeLog: conversation.item.done', () => {
  const item = (status: string) => ({ id: 'i', type: 'message', role: 'assistant', status, content: [] })
  const created = {
    type: 'conversation.item.created',
    event_id: 'e1',
    previous_item_id: 'before',
    item: item('in_progress'),
  }
  const done = {
    type: 'response.output_item.done',
    event_id: 'e2',
    response_id: 'r',
    output_index: 0,
    item: item('completed'),
  }

  const typesOf = (events: readonly object[]) => {
    const upgrade = createUpgrade()
    return events.map((event) => {
      const migration = upgrade(event)
      return migration.kind === 'events' ? migration.events.map(({ type }) => type) : migration.kind
    })
  }

  it('is added before response.output_item.done, with previous_item_id', () => {
    const upgrade = createUpgrade()
    upgrade(created)
    expect(upgrade(done)).toMatchObject({
      events: [
        { type: 'conversation.item.done', event_id: 'e2_done', previous_item_id: 'before', item: item('completed') },
        { type: 'response.output_item.done', event_id: 'e2' },
      ],
    })
  })

  it('is added once', () => {
    const ended = {
      type: 'response.done',
      event_id: 'e3',
      response: { id: 'r', status: 'completed', output: [item('completed')] },
    }
    expect(typesOf([created, done, done, ended])).toEqual([
      ['conversation.item.added'],
      ['conversation.item.done', 'response.output_item.done'],
      ['response.output_item.done'],
      ['response.done'],
    ])
    expect(typesOf([created, ended])).toEqual([
      ['conversation.item.added'],
      ['conversation.item.done', 'response.done'],
    ])
  })

  it('is not added for out-of-band responses', () => {
    expect(typesOf([done])).toEqual([['response.output_item.done']])
  })

  it('is not added for a deleted item', () => {
    const deleted = { type: 'conversation.item.deleted', event_id: 'e', item_id: 'i' }
    expect(typesOf([created, deleted, done])).toEqual([
      ['conversation.item.added'],
      ['conversation.item.deleted'],
      ['response.output_item.done'],
    ])
  })
})
