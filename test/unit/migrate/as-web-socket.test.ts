import { memoryPair } from 'realtime-primitives'
import { asWebSocket } from 'realtime-primitives/migrate'
import { describe, expect, it } from 'vitest'

function setUp() {
  const [near, far] = memoryPair()
  const socket = asWebSocket(near)
  const told: unknown[] = []
  return { socket, far, told }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('asWebSocket', () => {
  it('changes readyState and emits events as in browsers', async () => {
    const { socket, far, told } = setUp()
    socket.onopen = () => told.push('open')
    socket.onmessage = ({ data }) => told.push(data)
    socket.onclose = ({ code, reason }) => told.push([code, reason])
    expect(socket.readyState).toBe(0)
    await far.open()
    expect(socket.readyState).toBe(1)
    far.send('words')
    await settled()
    socket.close(3000, 'enough')
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    await settled()
    expect(socket.readyState).toBe(3)
    expect(told).toEqual(['open', 'words', [3000, 'enough']])
  })

  it('emits events as in ws', async () => {
    const { socket, far, told } = setUp()
    socket
      .on('open', () => told.push('open'))
      .on('message', (data) => told.push(data.toString()))
      .on('close', (code, reason) => told.push([code, reason]))
    await far.open()
    far.send('words')
    await settled()
    await far.close(4000, 'no')
    await settled()
    expect(told).toEqual(['open', 'words', [4000, 'no']])
  })

  it('sends frames', async () => {
    const { socket, far, told } = setUp()
    far.on('message', (frame) => told.push(frame))
    await far.open()
    socket.send('words')
    await settled()
    expect(told).toEqual(['words'])
  })

  it('calls each listener once, and no removed listener', async () => {
    const { socket, far, told } = setUp()
    const listener = () => told.push('twice added')
    const removed = () => told.push('removed')
    socket.addEventListener('message', listener)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', () => told.push('once'), { once: true })
    socket.addEventListener('message', removed)
    socket.removeEventListener('message', removed)
    await far.open()
    far.send('1')
    far.send('2')
    await settled()
    expect(told).toEqual(['twice added', 'once', 'twice added'])
  })

  it('emits error, then close, when it cannot open', async () => {
    const error = new Error('no way')
    const [near] = memoryPair()
    const told: unknown[] = []
    const socket = asWebSocket({ ...near, open: () => Promise.reject(error) })
    socket.onerror = (event) => told.push(event.error)
    socket.onclose = ({ code, wasClean }) => told.push([code, wasClean])
    await settled()
    expect(told).toEqual([error, [1006, false]])
    expect(socket.readyState).toBe(3)
  })

  it('emits no error when it is closed before it is open', async () => {
    const { socket, told } = setUp()
    socket.onerror = () => told.push('error')
    socket.onclose = () => told.push('close')
    await settled()
    socket.close()
    await settled()
    expect(told).toEqual(['close'])
  })
})
