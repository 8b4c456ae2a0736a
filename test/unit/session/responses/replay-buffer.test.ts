import { describe, expect, it } from 'vitest'
import { createReplayBuffer } from '../../../../src/session/responses/replay-buffer.js'

const sized = () => createReplayBuffer<string>((text) => text.length)

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

const overflow = (limit: number) =>
  `The iterator is more than ${limit} bytes behind. Read it faster, or raise its limit.`

describe('a replay buffer', () => {
  it('delivers every value to every reader, including late ones', async () => {
    const stream = sized()
    const early = collect(stream.read())
    stream.push('a')
    const middle = collect(stream.read())
    stream.push('b')
    stream.end()
    expect(await early).toEqual(['a', 'b'])
    expect(await middle).toEqual(['a', 'b'])
    expect(await collect(stream.read())).toEqual(['a', 'b'])
  })

  it('resolves concurrent next() calls in order', async () => {
    const stream = sized()
    const reader = stream.read()
    const asked = [reader.next(), reader.next(), reader.next()]
    stream.push('a')
    stream.push('b')
    stream.end()
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: undefined },
    ])
  })

  it('fails only the reader whose limit is exceeded', async () => {
    const stream = sized()
    const slow = stream.read({ maxWaitingBytes: 4 })
    const patient = stream.read()
    stream.push('abc')
    expect(await slow.next()).toEqual({ done: false, value: 'abc' })
    stream.push('def')
    stream.push('gh')
    await expect(slow.next()).rejects.toThrow(overflow(4))
    expect(await slow.next()).toEqual({ done: true, value: undefined })
    stream.end()
    expect(await collect(patient)).toEqual(['abc', 'def', 'gh'])
  })

  it('skips the oldest values with whenFull: drop', async () => {
    const stream = sized()
    const reader = stream.read({ maxWaitingBytes: 4, whenFull: 'drop' })
    for (const value of ['ab', 'cd', 'ef', 'gh']) stream.push(value)
    stream.end()
    expect(await collect(reader)).toEqual(['ef', 'gh'])
  })

  it('delivers the newest value even when it alone exceeds the limit', async () => {
    const stream = sized()
    const reader = stream.read({ maxWaitingBytes: 4, whenFull: 'drop' })
    stream.push('a')
    stream.push('much too long')
    stream.end()
    expect(await collect(reader)).toEqual(['much too long'])
  })

  it('keeps no more than its limit, and fails a reader that starts later', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024)
    const stream = sized()
    for (let count = 0; count < 70; count++) stream.push(mebibyte)
    stream.end()
    await expect(stream.read().next()).rejects.toThrow(overflow(64 * 1024 * 1024))
    expect(await collect(stream.read({ whenFull: 'drop' }))).toHaveLength(64)
  })

  it('completes for a reader that returns, and continues for the others', async () => {
    const stream = sized()
    const leaving = stream.read()
    const staying = stream.read()
    const waiting = leaving.next()
    await leaving.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    stream.push('a')
    stream.end()
    expect(await leaving.next()).toEqual({ done: true, value: undefined })
    expect(await collect(staying)).toEqual(['a'])
  })
})
