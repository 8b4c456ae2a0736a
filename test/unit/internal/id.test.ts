import { describe, expect, it, vi } from 'vitest'
import { createId, createIdPool, createIdSource } from '../../../src/internal/id.js'

describe('identifiers', () => {
  it('are the prefix and 20 random letters and digits', () => {
    expect(createId('item')).toMatch(/^item_[0-9A-Za-z]{21}$/)
    expect(new Set(Array.from({ length: 1000 }, () => createId('x'))).size).toBe(1000)
  })

  it('are made in a runtime without crypto too', () => {
    vi.stubGlobal('crypto', undefined)
    const ids = Array.from({ length: 1000 }, () => createId('item'))
    vi.unstubAllGlobals()
    expect(ids[0]).toMatch(/^item_[0-9A-Za-z]{21}$/)
    expect(new Set(ids).size).toBe(1000)
  })

  it('of one source differ, and those of two sources do too', () => {
    const [first, second] = [createIdSource('event'), createIdSource('event')]
    const ids = Array.from({ length: 1000 }, () => [first(), second()]).flat()
    expect(new Set(ids).size).toBe(2000)
    expect(ids.every((id) => /^event_[0-9A-Za-z]{18}$/.test(id))).toBe(true)
  })

  it('of a pool have the form of createId, and differ after its random bytes are used up', () => {
    const [first, second] = [createIdPool('event'), createIdPool('event')]
    const ids = Array.from({ length: 200 }, () => [first(), second()]).flat()
    expect(new Set(ids).size).toBe(400)
    expect(ids.every((id) => /^event_[0-9A-Za-z]{21}$/.test(id))).toBe(true)
  })
})
