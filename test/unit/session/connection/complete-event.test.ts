import type { ServerEvent } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'
import { completeEvent } from '../../../../src/session/connection/complete-event.js'

function completed(event: object): object {
  const copy = structuredClone(event)
  completeEvent(copy as ServerEvent)
  return copy
}

describe('completeEvent', () => {
  it.each<[object, object]>([
    [{}, { type: 'realtime' }],
    [{ type: 'translation' }, { type: 'realtime' }],
    [
      { type: 7, expires_at: 'soon', model: 'm' },
      { type: 'realtime', model: 'm' },
    ],
    [{ object: 'realtime.transcription_session' }, { type: 'transcription', object: 'realtime.transcription_session' }],
    [
      { voice: 'ara', turn_detection: { type: null } },
      { type: 'realtime', voice: 'ara', turn_detection: { type: null } },
    ],
    [
      { tools: [null, { type: 'function', name: 'f' }, 7] },
      { type: 'realtime', tools: [{ type: 'function', name: 'f' }] },
    ],
    [
      { audio: { input: { format: { rate: 8000 }, turn_detection: null }, output: 'x' } },
      { type: 'realtime', audio: { input: { turn_detection: null } } },
    ],
  ])('adds the type of a session and leaves out what cannot be read: %j', (session, expected) => {
    for (const type of ['session.created', 'session.updated'])
      expect(completed({ type, session })).toEqual({ type, session: expected })
  })

  it('adds empty lists to items and responses, and the type and message of an error', () => {
    const message = { type: 'message', role: 'assistant', id: 'i' }
    const item = { ...message, content: [] }
    expect(completed({ type: 'conversation.item.added', item: message })).toMatchObject({ item })
    expect(completed({ type: 'response.output_item.done', item: { ...message, content: null } })).toMatchObject({
      item,
    })
    expect(completed({ type: 'response.done', response: { id: 'r', status: 'completed', output: [message] } })).toEqual(
      {
        type: 'response.done',
        response: { id: 'r', status: 'completed', output: [item] },
      },
    )
    expect(completed({ type: 'response.created', response: { id: 'r', output: null } })).toEqual({
      type: 'response.created',
      response: { id: 'r', status: 'in_progress', output: [] },
    })
    expect(completed({ type: 'error', error: { code: 'x' } })).toEqual({
      type: 'error',
      error: { code: 'x', type: 'unknown_error', message: '' },
    })
  })

  it('leaves a complete event as it is', () => {
    const call = { type: 'conversation.item.added', item: { type: 'function_call', id: 'i', call_id: 'c' } }
    expect(completed(call)).toEqual(call)
  })
})
