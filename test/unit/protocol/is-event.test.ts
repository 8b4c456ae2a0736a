import { isClientEvent, isServerEvent } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'

const stopped = { type: 'output_audio_buffer.stopped', event_id: 'event_1', response_id: 'resp_1', new_field: 1 }

describe('isServerEvent', () => {
  test('returns true for a valid event, with and without a type', () => {
    expect(isServerEvent(stopped)).toBe(true)
    expect(isServerEvent(stopped, 'output_audio_buffer.stopped')).toBe(true)
  })

  test('returns false for another type, an invalid event, and other values', () => {
    expect(isServerEvent(stopped, 'response.done')).toBe(false)
    expect(isServerEvent({ ...stopped, response_id: 1 })).toBe(false)
    for (const value of [undefined, null, 'error', 1, [], {}, { type: 'constructor' }, { type: 'response.create' }])
      expect(isServerEvent(value)).toBe(false)
  })
})

describe('isClientEvent', () => {
  test('returns true for a valid client event', () => {
    expect(isClientEvent({ type: 'response.create' })).toBe(true)
    expect(isClientEvent({ type: 'response.create' }, 'response.create')).toBe(true)
  })

  test('returns false for an unknown field, another type, and a server event', () => {
    expect(isClientEvent({ type: 'response.create', urgent: true })).toBe(false)
    expect(isClientEvent({ type: 'response.create' }, 'response.cancel')).toBe(false)
    expect(isClientEvent(stopped)).toBe(false)
  })
})
