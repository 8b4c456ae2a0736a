import { expect, test } from 'vitest'
import type { ServerEvent } from '../../../src/protocol/server-events.js'
import { createEmulator } from '../../../src/testing/index.js'
import { jsonLines, withShared } from '../../support/shared.js'
import { breaches } from './lawful.js'
import { fieldsOf, orderOf, type Recorded, replay } from './replay.js'
import { playScenario, scenarioOptions } from './scenario.js'

// Expected differences: Azure repeats `part` as `content`, tool descriptions contain fields of the client, and the order of the first items depends
// on the scenario.
const notCompared = /^content$|\.parameters\b|^previous_item_id$/

/** Returns the paths of all fields with the types of their values, such as `response.usage:null`. */
function shape(value: unknown, at = ''): string[] {
  if (notCompared.test(at)) return []
  if (Array.isArray(value)) return [`${at}:array`, ...value.flatMap((entry) => shape(entry, `${at}[]`))]
  if (typeof value !== 'object' || value === null) return [`${at}:${value === null ? 'null' : typeof value}`]
  return Object.entries(value).flatMap(([key, inner]) => shape(inner, at === '' ? key : `${at}.${key}`))
}

const shapesOf = (events: readonly ServerEvent[]) => {
  const byType = new Map<string, Set<string>>()
  for (const event of events) {
    const known = byType.get(event.type) ?? new Set()
    byType.set(event.type, known.add([...new Set(shape(event))].sort().join('\n')))
  }
  return byType
}

withShared('recordings/ga-azure.jsonl', (file) => {
  const lines = jsonLines<Recorded>(file)
  const recorded = lines.filter(({ side }) => side === 'server')
  const sources = [...new Set(lines.map(({ source }) => source))]

  test('emulator events: have the fields of a recorded event of the same type', async () => {
    const real = shapesOf(recorded.map(({ event }) => event))
    const ours = shapesOf(await playScenario(createEmulator(scenarioOptions).connect({ model: 'gpt-realtime' })))
    const unlike: Record<string, string[]> = {}
    for (const [type, shapes] of ours) {
      const known = real.get(type)
      if (!known) continue
      const odd = [...shapes].filter((candidate) => !known.has(candidate))
      if (odd.length > 0) unlike[type] = [...odd, '--- but recorded are ---', ...known]
    }
    expect(unlike).toEqual({})
    const missing = [...real.keys()].filter((type) => !ours.has(type))
    expect(missing).toEqual(['conversation.item.input_audio_transcription.failed'])
  })

  test.each(sources)(
    'replayed against the emulator: %s has the same order of events, fields, and nulls',
    async (source) => {
      const conversation = lines.filter((line) => line.source === source)
      const real = conversation.filter(({ side }) => side === 'server').map(({ event }) => event)
      const ours = await replay(conversation, 'gpt-realtime')
      expect(orderOf(ours)).toEqual(orderOf(real))
      expect(fieldsOf(ours)).toEqual(fieldsOf(real))
    },
  )

  test('recorded sessions: keep the order laws', () => {
    const sessions = new Map<string, ServerEvent[]>()
    for (const { source, event } of recorded) sessions.set(source, [...(sessions.get(source) ?? []), event])
    for (const [source, events] of sessions) expect(breaches(events, { isOver: true }), source).toEqual([])
  })
})
