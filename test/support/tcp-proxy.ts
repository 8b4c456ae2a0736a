import { connect, createServer, type Socket } from 'node:net'
import { type LoopbackServer, listen } from './loopback.js'

/** A TCP proxy on loopback with faults that the test injects. */
export interface TcpProxy extends LoopbackServer {
  /** Closes every connection without a close frame. */
  cut(): void
  /** Resets every connection. */
  reset(): void
  /** Forwards no more data and closes nothing, so that the connections are half-open. */
  stall(): void
  /** Drops the next connections when they are accepted. */
  refuse(connections: number): void
}

export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<{ near: Socket; far: Socket }>()
  let refusals = 0

  const server = createServer((near) => {
    if (refusals > 0) {
      refusals -= 1
      near.destroy()
      return
    }
    const far = connect(targetPort, '127.0.0.1')
    const pair = { near, far }
    pairs.add(pair)
    near.pipe(far)
    far.pipe(near)
    for (const socket of [near, far]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        near.destroy()
        far.destroy()
      })
    }
  })
  const { port, close } = await listen(server)

  return {
    port,
    async close() {
      for (const { near, far } of pairs) {
        near.destroy()
        far.destroy()
      }
      await close()
    },
    cut() {
      for (const { near, far } of pairs) {
        near.destroy()
        far.destroy()
      }
    },
    reset() {
      for (const { near, far } of pairs) {
        near.resetAndDestroy()
        far.destroy()
      }
    },
    stall() {
      for (const { near, far } of pairs) {
        near.unpipe(far).pause()
        far.unpipe(near).pause()
      }
    },
    refuse(connections) {
      refusals = connections
    },
  }
}
