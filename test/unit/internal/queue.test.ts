import { describe, expect, it, vi } from 'vitest'
import { createQueue } from '../../../src/internal/queue.js'

describe('createQueue', () => {
  it('returns values in order, for readers before and after the value', async () => {
    const queue = createQueue<number>()
    const early = queue.next()
    queue.push(1)
    queue.push(2)
    expect(await early).toEqual({ done: false, value: 1 })
    expect(queue.size).toBe(1)
    expect(await queue.next()).toEqual({ done: false, value: 2 })
  })

  it('ends after the queued values', async () => {
    const queue = createQueue<number>()
    queue.push(1)
    queue.end()
    queue.push(2)
    const seen: number[] = []
    for await (const value of queue) seen.push(value)
    expect(seen).toEqual([1])
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('rejects once after the queued values, then stays ended', async () => {
    const queue = createQueue<number>()
    queue.push(1)
    queue.fail(new Error('over'))
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    await expect(queue.next()).rejects.toThrow('over')
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('rejects waiting readers', async () => {
    const queue = createQueue<number>()
    const waiting = queue.next()
    queue.fail(new Error('over'))
    await expect(waiting).rejects.toThrow('over')
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('reports when the reader returns early', async () => {
    const onReturn = vi.fn()
    const queue = createQueue<number>(onReturn)
    queue.push(1)
    queue.push(2)
    for await (const value of queue) if (value === 1) break
    expect(onReturn).toHaveBeenCalledOnce()
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })
})
