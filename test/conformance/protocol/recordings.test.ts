import { type ClientEvent, realtimeCodec } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { jsonLines, withShared } from '../../support/shared.js'

interface Recorded {
  readonly side: 'client' | 'server'
  readonly event: { readonly type: string }
}

function decodeAll(file: string) {
  const servers = jsonLines<Recorded>(file).filter(({ side }) => side === 'server')
  return servers.map(({ event }) => ({ event, decoded: realtimeCodec.decode(JSON.stringify(event)) }))
}

describe('recorded GA traffic', () => {
  withShared('recordings/ga-azure.jsonl', (file) => {
    test('decodes without invalid events, unknown events, or lost fields', () => {
      const received = decodeAll(file)
      expect(received.length).toBeGreaterThan(400)
      for (const { event, decoded } of received) expect(decoded).toStrictEqual({ kind: 'event', event })
    })

    test('is the same after decoding and encoding, in the same field order', () => {
      for (const { event, decoded } of decodeAll(file))
        expect(JSON.stringify(decoded.event)).toBe(JSON.stringify(event))
    })

    test('encodes every client event', () => {
      const sent = jsonLines<Recorded>(file).filter(({ side }) => side === 'client')
      expect(sent.length).toBeGreaterThan(190)
      for (const { event } of sent) expect(JSON.parse(realtimeCodec.encode(event as ClientEvent))).toStrictEqual(event)
    })
  })
})

describe('recorded traffic of an older dialect', () => {
  withShared('recordings/compat-azure-voice-live.jsonl', (file) => {
    test('decodes renamed events as unknown and sessions without a type', () => {
      const kinds = new Map<string, string>()
      for (const { event, decoded } of decodeAll(file)) kinds.set(event.type, decoded.kind)
      expect([...kinds].filter(([, kind]) => kind === 'invalid').map(([type]) => type)).toEqual([])
      expect(
        [...kinds]
          .filter(([, kind]) => kind === 'unknown')
          .map(([type]) => type)
          .sort(),
      ).toEqual([
        'response.audio.delta',
        'response.audio.done',
        'response.audio_transcript.delta',
        'response.audio_transcript.done',
        'response.text.delta',
        'response.text.done',
      ])
    })
  })
})
