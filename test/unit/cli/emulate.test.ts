import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { emulate } from '../../../src/cli/emulate.js'
import { createDeferred } from '../../../src/internal/deferred.js'
import { createSession } from '../../../src/session/realtime.js'
import { webSocket } from '../../../src/transports/web-socket.js'
import { folderOf, run } from './support/run.js'

it('serves an emulator that says what the script says, until it is interrupted', async () => {
  const interrupt = new AbortController()
  const cwd = folderOf({ 'script.json': '["Good day."]' })
  const printed = createDeferred<string>()
  const ran = run(emulate, ['--script', 'script.json', '--api-key', 'sk-test'], cwd, {
    signal: interrupt.signal,
    onOut: printed.resolve,
  })
  const url = /(ws:\S+)\/realtime/.exec(await printed.promise)?.[1] ?? ''
  const transport = webSocket({ url: `${url}/realtime?model=gpt-realtime-2.1`, apiKey: 'sk-test' })
  const session = createSession({ transport, config: { output_modalities: ['text'] } })
  await session.connect()
  let said = ''
  for await (const text of session.respond().text()) said += text
  await session.close()
  interrupt.abort()
  const { code, out } = await ran
  expect(said).toBe('Good day.')
  expect(out).toContain('OPENAI_API_KEY=sk-test')
  expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({ code: 0, last: 'The emulator has stopped.' })
})

it('--dialect: serves the dialect of another server', async () => {
  const interrupt = new AbortController()
  const printed = createDeferred<string>()
  const ran = run(emulate, ['--dialect', 'xai'], folderOf({}), { signal: interrupt.signal, onOut: printed.resolve })
  const url = /(ws:\S+)\/realtime/.exec(await printed.promise)?.[1] ?? ''
  const session = createSession({ transport: webSocket({ url: `${url}/realtime?model=grok-voice-latest` }) })
  await session.connect()
  expect(session.getState().session).toMatchObject({ modalities: ['audio'], model: 'grok-voice-latest' })
  await session.close()
  interrupt.abort()
  expect((await ran).code).toBe(0)
})

it('--tls: prints the path of a certificate that is removed when the emulator stops', async () => {
  const interrupt = new AbortController()
  const printed = createDeferred<string>()
  const ran = run(emulate, ['--tls'], folderOf({}), { signal: interrupt.signal, onOut: printed.resolve })
  const out = await printed.promise
  expect(out).toMatch(/OPENAI_BASE_URL=https:\/\/127\.0\.0\.1:\d+\/v1\n/)
  const path = /NODE_EXTRA_CA_CERTS=(\S+)/.exec(out)?.[1] ?? ''
  expect(out).toContain(`SSL_CERT_FILE=${path}\n`)
  expect(readFileSync(path, 'utf8')).toContain('BEGIN CERTIFICATE')
  interrupt.abort()
  expect((await ran).code).toBe(0)
  expect(existsSync(path)).toBe(false)
})

it.each([
  [['--port', 'abc'], '--port is a number up to 65535.'],
  [['--dialect', 'klingon'], '--dialect is one of ga, beta, xai, azure, azure-voice-live, inworld, minimal.'],
  [['--voice', 'loud'], '--voice is echo or tone.'],
  [['--script', 'b.json'], /^b\.json cannot be read: /],
  [['--script', 'a.json'], 'a.json has no list of answers, and no function, as its default export.'],
  [['--allow-origin', 'example.com'], /^--allow-origin is an origin such as/],
  [['--allow-origin', 'https://example.com/path'], /^--allow-origin is an origin such as/],
  [['now'], 'There is nothing to do with "now".'],
])('exits with 2 for %j', async (args, line) => {
  const { code, err } = await run(emulate, args, folderOf({ 'a.json': '{}' }))
  expect(code).toBe(2)
  expect(err.split('\n')[0]).toEqual(typeof line === 'string' ? line : expect.stringMatching(line))
})
