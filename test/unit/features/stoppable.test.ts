import {
  type RealtimeSession,
  runDebug,
  runFallback,
  runGuardrails,
  runInputGuardrails,
  runLatency,
  runTranscript,
  runUsage,
} from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, sessionResource, settle } from '../../support/peer.js'

async function connected() {
  const peer = createPeer()
  await peer.connect()
  return peer
}

describe('a feature', () => {
  it.each([
    ['runTranscript', runTranscript],
    ['runUsage', runUsage],
    ['runLatency', runLatency],
    ['runDebug', (session: RealtimeSession) => runDebug(session, { log: () => {} })],
    ['runFallback', (session: RealtimeSession) => runFallback(session)],
    ['runGuardrails', (session: RealtimeSession) => runGuardrails(session, [])],
  ] as const)('stops when it is disposed, and more than once: %s', async (_name, run) => {
    const { session, clock } = await connected()
    const feature = run(session)
    feature[Symbol.dispose]()
    feature.stop()
    feature.stop()
    expect(clock.pending).toBe(0)
  })

  it('runs in a runtime without Symbol.dispose', async () => {
    const { session } = await connected()
    const { iterator, asyncIterator } = Symbol
    vi.stubGlobal('Symbol', { iterator, asyncIterator })
    try {
      const transcript = runTranscript(session)
      expect(Object.keys(transcript)).toContain('stop')
      expect(Object.hasOwn(transcript, 'undefined')).toBe(false)
      transcript.stop()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('restores automatic responses when input guardrails are disposed', async () => {
    const peer = createPeer()
    const connecting = peer.session.connect()
    await settle()
    const input = {
      transcription: { model: 'whisper-1' },
      turn_detection: { type: 'server_vad', create_response: true },
    }
    await peer.sendEvents({ type: 'session.created', session: { ...sessionResource, audio: { input } } })
    await connecting
    const starting = runInputGuardrails(peer.session, [])
    const update = (create_response: boolean) => ({
      type: 'session.updated',
      session: {
        ...sessionResource,
        audio: { input: { ...input, turn_detection: { type: 'server_vad', create_response } } },
      },
    })
    await peer.sendEvents(update(false))
    const running = await starting
    running[Symbol.dispose]()
    await settle()
    expect(peer.sentEvents.at(-1)).toMatchObject({
      type: 'session.update',
      session: { audio: { input: { turn_detection: { create_response: true } } } },
    })
    await peer.sendEvents(update(true))
  })
})
