import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEmulator, createTelephone, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { itCertifies } from '../support/certify.js'
import { exampleArgs, exampleEnv, runExample } from '../support/run-example.js'

it('voice-agent-multicore: calls are answered by all processes', { retry: 2 }, async () => {
  const { code, stdout } = await runExample('voice-agent-multicore/main.ts', [], { timeoutMs: 50_000 })
  expect(stdout).toMatch(/^4 calls were greeted by 2 processes: \d and \d\n$/)
  expect(code).toBe(0)
})

// The greeting and the goodbye are played in real time.
itCertifies(
  'voice-agent-multicore: on SIGTERM, says goodbye in each call, and exits with code 0',
  { timeout: 120_000 },
  async () => {
    const said: string[] = []
    const emulator = createEmulator({
      script({ params }) {
        said.push(/goodbye/i.test(String(params.instructions)) ? 'goodbye' : 'greeting')
        return reply(said.at(-1) === 'goodbye' ? 'Goodbye.' : 'Good day.')
      },
    })
    const service = await serve(emulator)
    const child = spawn(process.execPath, exampleArgs('voice-agent-multicore/main.ts', ['--serve']), {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...exampleEnv(), API_URL: service.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    try {
      const [line] = await once(child.stdout, 'data')
      const url = /http:\S+/.exec(String(line))?.[0] ?? ''
      const phones = await Promise.all(
        [1, 2, 3].map(async () => {
          const twiml = await (await fetch(url, { method: 'POST' })).text()
          const socket = new WebSocket(/<Stream url="([^"]+)"/.exec(twiml)?.[1] ?? '')
          await once(socket, 'open')
          const phone = createTelephone(socket)
          phone.call()
          await phone.waitFor(() => phone.playedMs > 0)
          return { phone, ended: once(socket, 'close') }
        }),
      )
      child.kill('SIGTERM')
      await Promise.all(phones.map(({ ended }) => ended))
      expect(await exited).toEqual([0, null])
      expect(said.filter((text) => text === 'goodbye')).toHaveLength(phones.length)
      await expect(fetch(url, { method: 'POST' })).rejects.toThrow()
    } finally {
      child.kill('SIGKILL')
      await service.close()
    }
  },
)
