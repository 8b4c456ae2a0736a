import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createSession, webSocket } from 'realtime-primitives'
import { afterEach, expect, it } from 'vitest'
import { exampleArgs, exampleEnv } from '../support/run-example.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const env = exampleEnv()
let stop: (() => Promise<number | null>) | undefined

afterEach(async () => {
  await stop?.()
  stop = undefined
})

/** Starts the program. Resolves with the URL of the page. */
async function start(args: readonly string[] = ['--port', '0'], apiKey?: string): Promise<string> {
  const child = spawn(process.execPath, exampleArgs('browser-minimal-realtime/main.ts', args), {
    cwd: root,
    env: apiKey === undefined ? env : { ...env, OPENAI_API_KEY: apiKey },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  stop = () => {
    child.kill('SIGTERM')
    return ended
  }
  let output = ''
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => (output += data))
    child.stdout.on('data', (data) => {
      output += data
      const [url] = /http:\S+/.exec(output) ?? []
      if (url) resolve(url)
    })
    void ended.then(() => reject(new Error(output)))
  })
}

it('browser-minimal-realtime: serves a page with a strict policy, and exits on SIGTERM during a conversation', async () => {
  const url = await start()
  const page = await fetch(url)
  expect(page.status).toBe(200)
  const html = await page.text()
  expect(html).not.toMatch(/ style=| on\w+=|<script>|<style/)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).not.toMatch(/unsafe|blob:|\*/)
  for (const path of ['page.js', 'worklet.js', 'style.css'])
    expect((await (await fetch(url + path)).text()).length).toBeGreaterThan(1_000)
  expect((await fetch(`${url}main.ts`)).status).toBe(404)

  const { baseUrl, model } = await (await fetch(`${url}settings`)).json()
  const { value: apiKey } = await (await fetch(`${url}client-secret`, { method: 'POST' })).json()
  const session = createSession({ transport: webSocket({ apiKey, baseUrl, model }) })
  await session.connect()
  session.sendMessage('Hello.')
  expect(await stop?.()).toBe(0)
  expect(await session.closed).toMatchObject({ initiator: 'server' })
}, 180_000)

it('browser-minimal-realtime: creates client secrets only for its own page', async () => {
  const url = await start()
  const mint = (headers: Record<string, string> = {}) => fetch(`${url}client-secret`, { method: 'POST', headers })
  expect(await (await mint()).json()).toEqual({ value: expect.stringMatching(/^ek_/) })
  expect((await mint({ origin: url.slice(0, -1) })).status).toBe(200)
  expect((await mint({ origin: 'https://example.com' })).status).toBe(403)
}, 180_000)

it('browser-minimal-realtime: never sends the API key to the page', async () => {
  const key = 'sk-secret-of-the-server'
  const url = await start(['--port', '0'], key)
  for (const path of ['', 'page.js', 'worklet.js', 'settings']) {
    const answer = await fetch(url + path)
    expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain(key)
  }
  expect(await (await fetch(`${url}settings`)).json()).toEqual({
    service: 'OpenAI',
    model: 'gpt-realtime-2.1',
    ways: ['webrtc', 'websocket'],
  })
}, 180_000)

it('browser-minimal-realtime: prints an invalid option in one line', async () => {
  await expect(start(['--port', 'high'])).rejects.toThrow(/^--port takes a number from 0 to 65535\n$/)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  await expect(start(['--port', String(port)])).rejects.toThrow(/^listen EADDRINUSE[^\n]*\n$/)
  taken.close()
}, 180_000)
