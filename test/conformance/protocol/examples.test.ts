import {
  clientEventTypes,
  realtimeCodec,
  serverEventTypes,
  translationClientEventTypes,
  translationCodec,
  translationServerEventTypes,
} from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { jsonLines, withShared } from '../../support/shared.js'

interface Example {
  readonly schema: string
  readonly shape: 'GA' | 'beta' | 'translation'
  readonly side: 'client' | 'server'
  readonly event: { readonly type: string }
}

// Two events of the beta stand among the GA ones, and one example has a blank before its type.
const notGa = ['RealtimeClientEventTranscriptionSessionUpdate', 'RealtimeServerEventTranscriptionSessionUpdated']
const misprinted = 'RealtimeServerEventInputAudioBufferDtmfEventReceived'

describe('official examples', () => {
  withShared('spec/examples.jsonl', (file) => {
    const examples = jsonLines<Example>(file).filter(({ shape, schema }) => shape !== 'beta' && !notGa.includes(schema))
    const codecOf = ({ shape }: Example) => (shape === 'GA' ? realtimeCodec : translationCodec)
    const servers = examples.filter(({ side }) => side === 'server')
    const clients = examples.filter(({ side }) => side === 'client')

    test.each(servers.filter(({ schema }) => schema !== misprinted))(
      '$schema decodes without losing a field',
      (example) => {
        const decoded = codecOf(example).decode(JSON.stringify(example.event))
        expect(decoded).toEqual({ kind: 'event', event: example.event })
      },
    )

    test.each(clients)('$schema encodes without losing a field', ({ event, ...example }) => {
      const encode: (event: never) => string = codecOf({ event, ...example }).encode
      expect(JSON.parse(encode(event as never))).toEqual(event)
    })

    test('the DTMF example decodes after its misspelled type is corrected', () => {
      const event = servers.find(({ schema }) => schema === misprinted)?.event
      const spelt = { ...event, type: event?.type.trim() }
      expect(realtimeCodec.decode(JSON.stringify(event)).kind).toBe('unknown')
      expect(realtimeCodec.decode(JSON.stringify(spelt))).toEqual({ kind: 'event', event: spelt })
    })

    test('exist for every event', () => {
      const types = (shape: Example['shape'], list: readonly Example[]) =>
        [...new Set(list.filter((example) => example.shape === shape).map(({ event }) => event.type.trim()))].sort()
      expect(types('GA', servers)).toEqual([...serverEventTypes].sort())
      expect(types('GA', clients)).toEqual([...clientEventTypes].sort())
      expect(['error', ...types('translation', servers)].sort()).toEqual([...translationServerEventTypes].sort())
      expect(types('translation', clients)).toEqual([...translationClientEventTypes].sort())
    })
  })
})
