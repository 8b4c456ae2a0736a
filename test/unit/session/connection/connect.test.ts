import { createSession, memoryPair, type Transport } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { createPeer, sessionResource, settle } from '../../../support/peer.js'

describe('connect', () => {
  it('waits for session.created, then for the acknowledgement of the configuration', async () => {
    const { session, sendEvents, expectSent, sentEvents } = createPeer({ config: { instructions: 'Be brief.' } })
    const seen: string[] = []
    const connecting = session.connect().then(() => seen.push('connected'))
    await settle()
    expect(session.getState().status).toBe('connecting')
    expect(sentEvents).toEqual([])
    await sendEvents({ type: 'session.created', session: sessionResource })
    expect(await expectSent('session.update')).toMatchObject({
      session: { type: 'realtime', instructions: 'Be brief.' },
    })
    expect(seen).toEqual([])
    await sendEvents({ type: 'session.updated', session: sessionResource })
    await connecting
    expect(session.getState().status).toBe('open')
    expect(session.getState().session).toMatchObject({ id: 'sess_1' })
  })

  it('sends no configuration without config', async () => {
    const peer = createPeer()
    await peer.connect()
    expect(peer.sentEvents).toEqual([])
  })

  it('shares one attempt between concurrent calls, and resolves at once when connected', async () => {
    const peer = createPeer()
    const first = peer.session.connect()
    const second = peer.session.connect()
    await settle()
    await peer.sendEvents({ type: 'session.created', session: sessionResource })
    await Promise.all([first, second, peer.session.connect()])
    expect(peer.session.getState().status).toBe('open')
  })

  it('rejects at its deadline, and may be called again', async () => {
    const { session, clock } = createPeer({ connectTimeoutMs: 500 })
    const outcome = expect(session.connect()).rejects.toThrow(
      'Timed out after 500 ms while waiting for the start of the session. Check the connection, or raise the timeout.',
    )
    await settle()
    await clock.advance(500)
    await outcome
    expect(session.getState().status).toBe('idle')
  })

  it('rejects with the reason of its signal', async () => {
    const { session } = createPeer()
    const abort = new AbortController()
    const outcome = expect(session.connect({ signal: abort.signal })).rejects.toThrow('changed my mind')
    await settle()
    abort.abort(new Error('changed my mind'))
    await outcome
    expect(session.getState().status).toBe('idle')
  })

  it('rejects at once when its signal aborts, and another call waits until the transport has closed', async () => {
    const [near, far] = memoryPair()
    let finishClosing: (() => void) | undefined
    const slow: Transport = {
      ...near,
      get state() {
        return near.state
      },
      close(code, reason) {
        if (finishClosing) return near.close(code, reason)
        return new Promise((resolve) => {
          finishClosing = () => near.close(code, reason).then(resolve)
        })
      },
    }
    far.open().catch(() => {})
    const session = createSession({ transport: slow, clock: createManualClock() })
    const abort = new AbortController()
    const outcome = session.connect({ signal: abort.signal }).catch((error) => error.message)
    await settle()
    abort.abort(new Error('changed my mind'))
    expect(await outcome).toBe('changed my mind')
    const statuses: string[] = []
    session.on('status', ({ status }) => statuses.push(status))
    const again = session.connect().catch((error) => error.code)
    await settle()
    expect(statuses).toEqual([])
    finishClosing?.()
    await settle()
    expect(statuses).toEqual(['idle', 'connecting'])
    await session.close()
    expect(await again).toBe('CLOSED')
  })

  describe('with concurrent calls', () => {
    it('rejects only the call whose signal aborts', async () => {
      const peer = createPeer()
      const [first, second] = [new AbortController(), new AbortController()]
      const outcomes = [
        peer.session.connect({ signal: first.signal }).catch((error) => error.message),
        peer.session.connect({ signal: second.signal }).catch((error) => error.message),
        peer.session.connect().then(() => 'connected'),
      ]
      await settle()
      second.abort(new Error('the second is tired'))
      expect(await outcomes[1]).toBe('the second is tired')
      first.abort(new Error('the first is tired'))
      expect(await outcomes[0]).toBe('the first is tired')
      expect(peer.session.getState().status).toBe('connecting')
      await peer.sendEvents({ type: 'session.created', session: sessionResource })
      expect(await outcomes[2]).toBe('connected')
    })

    it('ends the attempt when the last call is aborted, and another one can start at once', async () => {
      const peer = createPeer()
      const [first, second] = [new AbortController(), new AbortController()]
      const outcomes = [first, second].map(({ signal }) =>
        peer.session.connect({ signal }).catch((error) => error.message),
      )
      const asked = peer.session.update({ instructions: 'Be brief.' }).catch((error) => error.code)
      await settle()
      first.abort(new Error('the first is tired'))
      second.abort(new Error('the second is tired'))
      const again = peer.session.connect().catch((error) => error.code)
      expect(await Promise.all(outcomes)).toEqual(['the first is tired', 'the second is tired'])
      // What somebody else's reason ended gets a reason of its own.
      expect(await asked).toBe('NOT_CONNECTED')
      expect(peer.session.getState().status).toBe('connecting')
      await peer.session.close()
      expect(await again).toBe('CLOSED')
      expect(peer.clock.pending).toBe(0)
    })

    it('starts nothing when the signal has aborted', async () => {
      const { session } = createPeer()
      await expect(session.connect({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
      expect(session.getState().status).toBe('idle')
    })
  })

  it('rejects with the error that the server sends instead of session.created', async () => {
    const { session, sendEvents } = createPeer()
    const outcome = session.connect().catch((error) => error)
    await settle()
    await sendEvents({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'invalid_api_key',
        message: 'sk-secret is wrong',
        param: null,
        event_id: null,
      },
    })
    const error = await outcome
    expect(error).toMatchObject({ name: 'SessionError', code: 'SERVER_ERROR' })
    expect(error.shortMessage).toBe(
      `The server refused the session with invalid_api_key. Read error.data.error for the details.`,
    )
  })

  it('rejects when the server refuses the configuration', async () => {
    const { session, sendEvents, expectSent } = createPeer({ config: { instructions: 'x' } })
    const outcome = session.connect().catch((error) => error)
    await settle()
    await sendEvents({ type: 'session.created', session: sessionResource })
    const update = await expectSent('session.update')
    await sendEvents({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: null,
        message: 'no',
        param: 'session.voice',
        event_id: update.event_id,
      },
    })
    expect((await outcome).shortMessage).toBe(
      `The server refused session.update with invalid_request_error at "session.voice". Read error.data.error for the details.`,
    )
  })

  it('rejects a configuration that breaks the protocol, and leaves nothing open', async () => {
    const { session, sendEvents } = createPeer({ config: { audio: { output: { speed: 99 } } } })
    const outcome = session.connect().catch((error) => error)
    await settle()
    await sendEvents({ type: 'session.created', session: sessionResource })
    expect(await outcome).toMatchObject({ name: 'ProtocolError', code: 'INVALID_EVENT' })
    expect(session.getState().status).toBe('idle')
  })

  it('rejects when the transport closes before session.created', async () => {
    const { session, hangUp } = createPeer()
    const outcome = expect(session.connect()).rejects.toThrow(
      `The session is closed (1011: overloaded). Create a new session to continue.`,
    )
    await settle()
    await hangUp(1011, 'overloaded')
    await outcome
  })

  it('rejects when close() is called', async () => {
    const { session } = createPeer()
    const outcome = expect(session.connect()).rejects.toMatchObject({ code: 'CLOSED' })
    await settle()
    await session.close()
    await outcome
    expect(session.getState().status).toBe('closed')
    await expect(session.connect()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('leaves no timer after any outcome', async () => {
    const peer = createPeer({ config: {} })
    await peer.connect()
    expect(peer.clock.pending).toBe(0)
    await peer.session.close()
    expect(peer.clock.pending).toBe(0)
  })
})
