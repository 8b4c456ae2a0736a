import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFifo } from '../../../src/internal/fifo.js'

test('createFifo: returns the same values as push and shift of an array', () => {
  const commands = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat() }, fc.constant('shift'), fc.constant('clear')), {
    maxLength: 600,
  })
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 100 }), commands, (initial, steps) => {
      const fifo = createFifo(initial)
      let list = [...initial]
      for (const step of steps) {
        if (step === 'clear') {
          fifo.clear()
          list = []
        } else if (step === 'shift') expect(fifo.shift()).toBe(list.shift())
        else {
          fifo.push(step as number)
          list.push(step as number)
        }
        expect([fifo.size(), fifo.first()]).toEqual([list.length, list[0]])
      }
      expect([...fifo]).toEqual(list)
      for (const value of list) expect(fifo.shift()).toBe(value)
      expect([fifo.size(), fifo.first(), fifo.shift()]).toEqual([0, undefined, undefined])
    }),
  )
})
