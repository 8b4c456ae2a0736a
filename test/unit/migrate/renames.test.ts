import { renames } from 'realtime-primitives/migrate'
import { clientEventTypes, serverEventTypes } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'
import { betaFormats } from '../../../src/migrate/renames/values.js'

describe('the table of renames', () => {
  it('has a date and a reason for each entry, and no duplicates', () => {
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

  it('contains only existing GA events', () => {
    const types: readonly string[] = [...clientEventTypes, ...serverEventTypes]
    for (const { kind, to } of renames) {
      if (kind !== 'event') continue
      for (const type of [to].flat()) expect(types).toContain(type)
    }
  })

  it('contains no event twice', () => {
    const events = renames.filter(({ kind, isReversible }) => kind === 'event' && isReversible)
    expect(new Set(events.map(({ from }) => from)).size).toBe(events.length)
  })

  it('contains each audio format', () => {
    const formats = renames.filter(({ kind, place }) => kind === 'value' && place === 'format')
    expect(Object.fromEntries(formats.map(({ from, to }) => [from, JSON.parse(String(to))]))).toEqual(betaFormats)
  })
})
