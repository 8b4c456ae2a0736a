import { runMcp, runTools } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { callOf, created, done, echo, startTools } from './harness.js'

describe('follow-up response', () => {
  it('does not listen to `response`, which would keep the audio of each server response', async () => {
    const peer = await startTools([echo])
    const listened: string[] = []
    const { on } = peer.session
    const session = Object.assign(Object.create(peer.session) as typeof peer.session, {
      on: ((type, listener) => {
        listened.push(type)
        return on(type, listener)
      }) as typeof on,
    })
    runTools(session, [echo])
    runMcp(session)
    expect(listened).toContain('response.created')
    expect(listened).not.toContain('response')
  })

  it.each([
    ['a response of the server', {}, 0],
    ['a response of the server with empty metadata', { metadata: {} }, 0],
    ['a response that the app requested', { metadata: { client_event_id: 'event_app' } }, 1],
    ['a response of another follow-up', { metadata: { follow_up: 'tools' } }, 0],
  ] as const)(
    'after %s that takes the results into account: requests as many responses as are needed',
    async (_what, fields, requests) => {
      const peer = await startTools([echo])
      await peer.sendEvents({ type: 'input_audio_buffer.speech_started', item_id: 'u', audio_start_ms: 0 })
      await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
      await peer.acknowledge()
      await peer.sendEvents(created('r2', fields), done('r2', []))
      await peer.sendEvents({ type: 'input_audio_buffer.speech_stopped', item_id: 'u', audio_end_ms: 500 })
      await peer.clock.advance(2_000)
      expect(peer.sent('response.create')).toHaveLength(requests)
    },
  )
})
