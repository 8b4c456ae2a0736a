import { setFlagsFromString } from 'node:v8'
import { expect, it } from 'vitest'
import { createSession } from '../../../src/session/realtime.js'
import { memoryPair } from '../../../src/transports/memory-pair.js'
import { webSocket } from '../../../src/transports/web-socket.js'

setFlagsFromString('--allow-natives-syntax')
const haveSameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

/** The first objects of a literal share their class in any case. */
const count = 40

function classesOf(create: () => object): number {
  const classes: object[] = []
  for (let index = 0; index < count; index++) {
    const created = create()
    if (!classes.some((known) => haveSameClass(known, created))) classes.push(created)
  }
  return classes.length
}

it.each([
  ['sessions', () => createSession({ transport: memoryPair()[0] })],
  ['WebSocket transports', () => webSocket({ url: 'ws://127.0.0.1:1/' })],
])('%s share one hidden class of V8, because access to objects of many classes is slow', (_, create) => {
  expect(classesOf(create)).toBe(1)
})
