import { bridgeTwilio, bunSockets, isTwilioError, type TwilioSocket } from 'realtime-primitives/twilio'
import { describe, expect, it } from 'vitest'
import { createPeer, settle } from '../../support/peer.js'

/** A socket with the members of Bun's `ServerWebSocket`, which has no event listeners. */
function createBunSocket() {
  const sent: string[] = []
  const socket = {
    readyState: 1,
    data: { tier: 'gold' },
    closedWith: undefined as number | undefined,
    send: (text: string) => sent.push(text),
    close(code?: number) {
      socket.closedWith = code
      socket.readyState = 3
    },
    getBufferedAmount: () => 7,
  }
  return { socket, sent }
}

const start = { event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1' } }

describe('bunSockets', () => {
  it('delivers the events of each Bun socket to its own listeners', async () => {
    const stops: unknown[] = []
    const peers = [createPeer(), createPeer()]
    const bridges: ReturnType<typeof bridgeTwilio>[] = []
    const handlers = bunSockets<ReturnType<typeof createBunSocket>['socket']>((socket, { data }) => {
      expect(data.tier).toBe('gold')
      const peer = peers[bridges.length]
      if (!peer) throw new Error('too many sockets')
      const bridge = bridgeTwilio(socket, peer.session)
      bridge.on('stop', ({ reason }) => stops.push(reason))
      bridges.push(bridge)
    })
    const [first, second] = [createBunSocket(), createBunSocket()]
    handlers.open(first.socket)
    handlers.open(second.socket)
    handlers.message(first.socket, JSON.stringify(start))
    expect(bridges.map(({ call }) => call?.callSid)).toEqual(['CA1', undefined])
    handlers.close(first.socket, 1006, '')
    handlers.message(first.socket, JSON.stringify(start))
    await settle()
    await settle()
    expect(stops).toEqual(['dropped'])
    await bridges[1]?.()
    expect(second.socket.closedWith).toBe(1000)
    expect(stops).toEqual(['dropped', 'client'])
  })

  it('forwards readyState, bufferedAmount, send, and close', () => {
    let got: TwilioSocket | undefined
    const { socket, sent } = createBunSocket()
    bunSockets((each) => {
      got = each
    }).open(socket)
    got?.send('hello')
    expect([got?.readyState, got?.bufferedAmount, sent]).toEqual([1, 7, ['hello']])
  })
})

describe('bridgeTwilio', () => {
  it('throws INVALID_OPTION for a socket without event listeners, and names bunSockets', () => {
    const { socket } = createBunSocket()
    const { session } = createPeer()
    const refused = (each: unknown) => {
      try {
        bridgeTwilio(each as TwilioSocket, session)
      } catch (error) {
        return error
      }
    }
    const error = refused(socket)
    expect(isTwilioError(error, 'INVALID_OPTION')).toBe(true)
    expect(String(error)).toContain(
      `The option "socket" has no function "addEventListener"; for Bun's ServerWebSocket, pass bunSockets(...) to Bun.serve.`,
    )
    expect(isTwilioError(refused(undefined), 'INVALID_OPTION')).toBe(true)
    expect(session.getState().status).toBe('idle')
  })
})
