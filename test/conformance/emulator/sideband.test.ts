import { createSession, sideband } from 'realtime-primitives'
import type { ServerEvent } from 'realtime-primitives/protocol'
import { reply } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RTCPeerConnection } from 'werift'
import { apiKey, type Caller, createCaller, peerOptions } from './web-rtc-client.js'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function call(...args: Parameters<typeof createCaller>): Promise<Caller> {
  const caller = await createCaller(...args)
  closers.push(() => caller.hangUp())
  await caller.session.connect()
  return caller
}

function attach({ server }: Pick<Caller, 'server'>, callId: string) {
  const transport = sideband({ apiKey, baseUrl: server.url, callId })
  const events: ServerEvent[] = []
  transport.on('message', (text) => events.push(JSON.parse(text)))
  const session = createSession({ transport, connectTimeoutMs: 60_000 })
  closers.push(() => session.close())
  return { session, events }
}

describe('a sideband to a call over WebRTC', () => {
  it('receives all further events of the caller, and no session.created', async () => {
    const caller = await call(undefined, { script: [reply('Hello.'), reply('Goodbye.')] })
    await caller.session.respond().done
    const { session, events } = attach(caller, String(caller.transport.callId))
    await session.connect()
    await session.respond().done
    await caller.session.waitFor('output_audio_buffer.stopped')
    await vi.waitFor(() => expect(events.at(-1)?.type).toBe('output_audio_buffer.stopped'), { timeout: 20_000 })
    expect(events[0]?.type).toBe('session.updated')
    expect(events.map(({ type }) => type)).not.toContain('session.created')
    expect(events.map(({ type }) => type)).not.toContain('response.output_audio.delta')
    expect(caller.events.slice(-events.length)).toEqual(events)
  })

  it('configures the session of the caller and responds to its calls', async () => {
    const caller = await call(undefined)
    const { session } = attach(caller, String(caller.transport.callId))
    await session.connect()
    await session.update({ instructions: 'Whisper.' })
    await vi.waitFor(() => expect(caller.session.getState().session).toMatchObject({ instructions: 'Whisper.' }), {
      timeout: 20_000,
    })
    await expect(session.items.delete('none')).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    expect(caller.events.map(({ type }) => type)).not.toContain('error')
  })

  it('closes with 1000 when the caller hangs up', async () => {
    const caller = await call(undefined)
    const { session } = attach(caller, String(caller.transport.callId))
    await session.connect()
    await caller.session.close()
    expect(await session.closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'server' })
  })

  it('waits when it connects before the caller', async () => {
    const caller = await createCaller(undefined)
    closers.push(() => caller.hangUp())
    const peer = new RTCPeerConnection(peerOptions())
    closers.push(() => peer.close())
    const channel = peer.createDataChannel('oai-events')
    peer.addTransceiver('audio')
    await peer.setLocalDescription(await peer.createOffer())
    const form = new FormData()
    form.set('sdp', peer.localDescription?.sdp ?? '')
    form.set('session', JSON.stringify({ type: 'realtime', model: 'gpt-realtime-2.1' }))
    const headers = { authorization: `Bearer ${apiKey}` }
    const url = `${caller.server.httpUrl}/realtime/calls`
    const response = await fetch(url, { method: 'POST', body: form, headers })
    const callId = response.headers.get('location')?.split('/').at(-1) ?? ''
    const { session } = attach(caller, callId)
    const connecting = session.connect()
    await vi.waitFor(() => expect(caller.server.attempts).toBe(1), { timeout: 20_000 })
    expect(session.getState().status).toBe('connecting')
    const opened = new Promise((resolve) => channel.addEventListener('open', resolve))
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() })
    await opened
    await connecting
    expect(session.getState().session).toMatchObject({ model: 'gpt-realtime-2.1' })
  })
})
