import { describe, expect, test } from 'vitest'
import { createConversation, createEntry } from '../../../src/testing/emulator/conversation.js'
import { createSampleBuffer } from '../../../src/testing/emulator/sample-buffer.js'

describe('the sample buffer', () => {
  test('cuts across pieces by position', () => {
    const buffer = createSampleBuffer()
    buffer.push(Int16Array.of(0, 1, 2))
    buffer.push(Int16Array.of(3, 4))
    buffer.push(new Int16Array(0))
    buffer.push(Int16Array.of(5, 6, 7, 8))
    expect([...buffer.slice(2, 6)]).toEqual([2, 3, 4, 5])
    expect([buffer.start, buffer.end]).toEqual([0, 9])
  })

  test('forgets what is dropped and gives only what is kept', () => {
    const buffer = createSampleBuffer()
    buffer.push(Int16Array.of(0, 1, 2))
    buffer.push(Int16Array.of(3, 4))
    buffer.dropBefore(4)
    buffer.dropBefore(2)
    expect(buffer.start).toBe(4)
    expect([...buffer.slice(0, 99)]).toEqual([4])
    buffer.dropBefore(99)
    expect([buffer.start, buffer.end]).toEqual([5, 5])
    buffer.push(Int16Array.of(5))
    expect([...buffer.slice(0, 99)]).toEqual([5])
  })
})

describe('the conversation', () => {
  const message = (id: string) => ({
    id,
    type: 'message' as const,
    role: 'user' as const,
    status: 'completed',
    content: [],
  })

  test('keeps sound up to its budget, the newest first, and every length', () => {
    const conversation = createConversation(10)
    const entries = ['a', 'b', 'c'].map((id) => createEntry(message(id), { pcm: new Int16Array(4), rate: 1_000 }))
    for (const entry of entries) conversation.insertAfter(conversation.lastId, entry)
    expect(entries.map(({ audio: sound }) => sound?.pcm.length)).toEqual([undefined, 4, 4])
    expect(entries.map(({ audioMs: soundMs }) => soundMs)).toEqual([4, 4, 4])
  })

  test('keeps the newest sound even when it alone is too much', () => {
    const conversation = createConversation(10)
    const entry = createEntry(message('a'), { pcm: new Int16Array(99), rate: 1_000 })
    conversation.insertAfter(null, entry)
    expect(entry.audio).toBeDefined()
  })
})
