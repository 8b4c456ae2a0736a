import { readFileSync } from 'node:fs'
import { toBeta, toGA, upgradeLog } from 'realtime-primitives/migrate'
import { type ClientEvent, realtimeCodec } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { jsonLines, withShared } from '../../support/shared.js'

interface Recorded {
  readonly side: 'client' | 'server'
  readonly event: { readonly type: string; readonly [field: string]: unknown }
}

describe('a log of a beta dialect', () => {
  withShared('recordings/compat-azure-voice-live.jsonl', (file) => {
    test('is upgraded line by line inside its wrapper', () => {
      const lines = [...upgradeLog(readFileSync(file, 'utf8'))]
      expect(lines.length).toBe(jsonLines(file).length)
      for (const [index, line] of lines.entries()) {
        if (line.kind === 'broken') throw line.error
        const { side } = jsonLines<Recorded>(file)[index] as Recorded
        expect(line.kind).toBe(side)
        for (const event of line.events) {
          if (side === 'client') realtimeCodec.encode(event as ClientEvent)
          else expect(realtimeCodec.decode(JSON.stringify(event)).kind).toBe('event')
        }
        expect(line.lines.map((text) => JSON.parse(text))).toEqual(
          line.events.map((event) => expect.objectContaining({ side, event })),
        )
      }
    })

    test('contains a done event for every item', () => {
      const added = new Set<unknown>()
      const done = new Set<unknown>()
      for (const line of upgradeLog(readFileSync(file, 'utf8'))) {
        if (line.kind !== 'server') continue
        for (const event of line.events) {
          if (event.type === 'conversation.item.added') added.add(event.item.id)
          if (event.type === 'conversation.item.done') done.add(event.item.id)
        }
      }
      expect(added.size).toBeGreaterThan(10)
      expect(done).toEqual(added)
    })
  })
})

describe('a GA log', () => {
  withShared('recordings/ga-azure.jsonl', (file) => {
    const recorded = jsonLines<Recorded>(file)

    test('does not change in an upgrade', () => {
      for (const { event } of recorded)
        expect(toGA(event)).toEqual({ kind: 'events', events: [event], dropped: [], assumed: [] })
    })

    test('is restored from beta, except for values that only GA has', () => {
      let compared = 0
      for (const { event } of recorded) {
        const old = toBeta(event)
        if (old.kind !== 'events' || old.dropped.length > 0) continue
        const back = toGA(old.events[0])
        if (back.kind !== 'events') throw back.error
        expect(back.events[0]).toEqual(event)
        compared += 1
      }
      expect(compared).toBeGreaterThan(recorded.length * 0.9)
    })
  })
})
