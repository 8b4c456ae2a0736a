import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { findRedis } from '../../scripts/redis.mjs'

export interface RedisServer {
  readonly url: string
  /** Returns a connected client. It is closed by `stop`. */
  connect(): Promise<ReturnType<typeof createClient>>
  stop(): Promise<void>
}

/** Whether `redis-server` is installed. */
export const hasRedis = findRedis() !== undefined

/** Starts `redis-server` on a free loopback port, with a temporary data folder. */
export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-test-'))
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const server: ChildProcess = spawn(findRedis() ?? 'redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`redis-server exited with ${code}`)))
  })
  const url = `redis://127.0.0.1:${port}`
  const clients: ReturnType<typeof createClient>[] = []
  return {
    url,
    async connect() {
      const client = createClient({ url })
      client.on('error', () => {})
      await client.connect()
      clients.push(client as ReturnType<typeof createClient>)
      return client as ReturnType<typeof createClient>
    },
    async stop() {
      for (const client of clients) client.destroy()
      const exited = once(server, 'exit')
      server.kill('SIGKILL')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
