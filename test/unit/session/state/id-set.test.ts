import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addId, hasId, noIds, removeId } from '../../../../src/session/state/id-set.js'

describe('an id set', () => {
  it('contains the same ids as a Set, and does not change earlier versions', () => {
    const step = fc.tuple(fc.boolean(), fc.oneof(fc.string({ maxLength: 2 }), fc.nat(40).map(String)))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const model = new Set<string>()
        let ids = noIds
        for (const [isAdded, id] of steps) {
          const before = ids
          const had = model.has(id)
          if (isAdded && !had) ids = addId(ids, id)
          if (!isAdded) ids = removeId(ids, id)
          if (isAdded) model.add(id)
          else model.delete(id)
          expect(hasId(ids, id)).toBe(isAdded)
          expect(hasId(before, id)).toBe(had)
        }
        expect(ids.flat().toSorted()).toEqual([...model].toSorted())
      }),
    )
  })

  it('spreads ids of one kind over its buckets', () => {
    let ids = noIds
    for (let index = 0; index < 10_000; index++) ids = addId(ids, `item_${index}`)
    expect(Math.max(...ids.map(({ length }) => length))).toBeLessThan(120)
  })
})
