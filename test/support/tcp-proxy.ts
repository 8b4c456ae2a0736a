import { connect, createServer, type Socket } from 'node:net'
import { type LoopbackServer, listen } from './loopback.js'

/** A TCP proxy on loopback whose connections the test can hurt. */
export interface TcpProxy extends LoopbackServer {
  /** Ends every connection without a farewell. */
  cut(): void
  /** Resets every connection. */
  reset(): void
  /** Lets nothing through any more, and closes nothing: the peer is half-open. */
  stall(): void
  /** Drops the next connections as soon as they are made. */
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
