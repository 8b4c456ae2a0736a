import { renames } from 'realtime-primitives/migrate'
import { clientEventTypes, serverEventTypes } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'
import { betaFormats } from '../../../src/migrate/renames/values.js'

describe('the table of renames', () => {
  it('gives each entry a day, a reason, and a place in the world only once', () => {
    const seen = new Set<string>()
    for (const { kind, side, place, from, to, date, reason } of renames) {
      expect(date).toMatch(/^20\d\d-\d\d-\d\d$/)
      expect(Number.isNaN(Date.parse(date))).toBe(false)
      expect(reason).toMatch(/^[A-Z`].*\.$/)
      expect(from).not.toBe(to)
      const key = [kind, side, place, from].join(' ')
      expect(seen).not.toContain(key)
      seen.add(key)
    }
  })

  it('names only events that GA has', () => {
    const types: readonly string[] = [...clientEventTypes, ...serverEventTypes]
    for (const { kind, to } of renames) {
      if (kind !== 'event') continue
      for (const type of [to].flat()) expect(types).toContain(type)
    }
  })

  it('names no event twice', () => {
    const events = renames.filter(({ kind, isReversible }) => kind === 'event' && isReversible)
    expect(new Set(events.map(({ from }) => from)).size).toBe(events.length)
  })

  it('has each format as it is used', () => {
    const formats = renames.filter(({ kind, place }) => kind === 'value' && place === 'format')
    expect(Object.fromEntries(formats.map(({ from, to }) => [from, JSON.parse(String(to))]))).toEqual(betaFormats)
  })
})
