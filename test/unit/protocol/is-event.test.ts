import { isClientEvent, isServerEvent } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'

const stopped = { type: 'output_audio_buffer.stopped', event_id: 'event_1', response_id: 'resp_1', new_field: 1 }

describe('isServerEvent', () => {
  test('is true for an event in its shape, and of its type', () => {
    expect(isServerEvent(stopped)).toBe(true)
    expect(isServerEvent(stopped, 'output_audio_buffer.stopped')).toBe(true)
  })

  test('is false for another type, another shape, and anything else', () => {
    expect(isServerEvent(stopped, 'response.done')).toBe(false)
    expect(isServerEvent({ ...stopped, response_id: 1 })).toBe(false)
    for (const value of [undefined, null, 'error', 1, [], {}, { type: 'constructor' }, { type: 'response.create' }])
      expect(isServerEvent(value)).toBe(false)
  })
})

describe('isClientEvent', () => {
  test('is true for an event that may be sent', () => {
    expect(isClientEvent({ type: 'response.create' })).toBe(true)
    expect(isClientEvent({ type: 'response.create' }, 'response.create')).toBe(true)
  })

  test('is false for one with a field too many, another type, and a server event', () => {
    expect(isClientEvent({ type: 'response.create', urgent: true })).toBe(false)
    expect(isClientEvent({ type: 'response.create' }, 'response.cancel')).toBe(false)
    expect(isClientEvent(stopped)).toBe(false)
  })
})
