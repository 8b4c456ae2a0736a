import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { emulate } from '../../../src/cli/emulate.js'
import { createDeferred } from '../../../src/internal/deferred.js'
import { createSession } from '../../../src/session/realtime.js'
import { webSocket } from '../../../src/transports/web-socket.js'
import { folderOf, run } from './support/run.js'

/** Starts the command in a folder. `until` resolves with the output as soon as it matches. */
async function start(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const interrupt = new AbortController()
  const folder = folderOf(files)
  const waiting: { pattern: RegExp; resolve: (text: string) => void }[] = []
  let printed = ''
  function onText(text: string): void {
    printed += text
    for (const { pattern, resolve } of waiting) if (pattern.test(printed)) resolve(printed)
  }
  const ended = run(emulate, args, folder, { signal: interrupt.signal, onOut: onText, onErr: onText })
  function until(pattern: RegExp): Promise<string> {
    const { promise, resolve } = createDeferred<string>()
    if (pattern.test(printed)) return Promise.resolve(printed)
    waiting.push({ pattern, resolve })
    return promise
  }
  const first = await Promise.race([until(/Press Ctrl-C/), ended.then(({ err }) => `ended early: ${err}`)])
  const url = /(ws:\S+)\/realtime/.exec(first)?.[1] ?? first
  return {
    folder,
    until,
    httpUrl: url.replace('ws:', 'http:'),
    async ask(text = 'Hello.', query = '') {
      const transport = webSocket({ url: `${url}/realtime?model=gpt-realtime-2.1${query}`, apiKey: 'sk-test' })
      const session = createSession({ transport, config: { output_modalities: ['text'] } })
      await session.connect()
      let said = ''
      for await (const delta of session.sendMessage(text).text()) said += delta
      await session.close()
      return said
    },
    async stop() {
      interrupt.abort()
      return ended
    },
  }
}

it('serves an emulator that responds from the script until it is interrupted', async () => {
  const command = await start(['--script', 'script.json', '--api-key', 'sk-test'], { 'script.json': '["Good day."]' })
  expect(await command.ask()).toBe('Good day.')
  const { code, out } = await command.stop()
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

it('--config: a YAML file sets all options, and flags replace them', async () => {
  const files = {
    'emulator/options.yaml': `
latencyMs: 0
pace: .inf
sessionMinutes: 30
allowOrigin: [https://app.example.com]
script: default.json
scripts:
  weather:
    - when: { text: weather }
      respond:
        - It rains.
faults:
  - { fault: refuse, status: 503, testId: unlucky }
`,
    'emulator/default.json': '["From the file."]',
    'module.mjs': 'export default [({ when: ({ text }) => text === "a", respond: () => "From the module." })]',
  }
  const command = await start(['--config', 'emulator/options.yaml', '--script', 'named=module.mjs'], files)
  expect(await command.ask()).toBe('From the file.')
  expect(await command.ask('The weather?', '&emulator_script=weather')).toBe('It rains.')
  expect(await command.ask('a', '&emulator_script=named')).toBe('From the module.')
  await expect(command.ask('x', '&emulator_test_id=unlucky')).rejects.toThrow('503')
  expect((await command.stop()).code).toBe(0)
})

it('--watch: applies a changed file, and reports a bad one and keeps the version before', async () => {
  const command = await start(['--config', 'options.json', '--watch', '--pace', 'Infinity', '--latency-ms', '0'], {
    'options.json': '{ "script": "script.yaml" }',
    'script.yaml': '- before',
  })
  writeFileSync(join(command.folder, 'script.yaml'), '- { step: sing }')
  expect(await command.until(/stays in use/)).toContain(
    'options.json:1: script.yaml:1: script[0].step is "sing"; allowed: reply, call, fail, silence, mcp_call',
  )
  expect(await command.ask()).toBe('before')
  writeFileSync(join(command.folder, 'script.yaml'), '- after')
  await command.until(/loaded again/)
  expect(await command.ask()).toBe('after')
  writeFileSync(join(command.folder, 'options.json'), '{ "script": ["inline"], "port": 1 }')
  await command.until(/Restart the emulator to apply port/)
  expect(await command.ask()).toBe('inline')
  await command.stop()
})

it('--log: prints sessions, and events without what was said', async () => {
  for (const [detail, hasEvents] of [
    ['summary', false],
    ['events', true],
  ] as const) {
    const command = await start(['--log', detail, '--latency-ms', '0'])
    await command.ask('A secret.')
    const printed = await command.until(/closed with 1000: received \d+ events, sent \d+/)
    expect(printed).toMatch(/sess_\S+ opened: realtime, gpt-realtime-2\.1, script default\n/)
    expect(/ {2}client {2}conversation\.item\.create\n/.test(printed)).toBe(hasEvents)
    expect(printed).not.toContain('A secret.')
    await command.stop()
  }
})

it('--refuse and --fault: apply to the next handshake and session', async () => {
  const command = await start([
    '--refuse',
    '503',
    '--fault',
    '{fault: unknown_event, times: Infinity}',
    '--log',
    'events',
  ])
  await expect(command.ask()).rejects.toThrow('503')
  await command.ask()
  await command.until(/emulator\.unknown_event/)
  await command.stop()
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

it('--help and --version: print the options and the version', async () => {
  const { code, out } = await run(emulate, ['--help'], folderOf({}))
  expect(code).toBe(0)
  for (const flag of ['--port', '--config', '--latency-ms', '--jitter-ms', '--fault', '--model', '--watch', '--log']) {
    expect(out).toContain(`  ${flag}`)
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(await run(emulate, ['--version'], folderOf({}))).toMatchObject({ code: 0, out: `${version}\n` })
})

describe('a mistake: ends with code 2 and one line', () => {
  const files = {
    'a.json': '{}\n',
    'object.json': '{ "script": {} }',
    'syntax.json': '[\n  "a",\n  "b" "c"\n]',
    'tabs.json': '[\n\t"a",\n\t{ "step": "sing" }\n]',
    'syntax.yaml': 'pace: 4\nscript: [\n',
    'step.yaml': '- Hello.\n- - reply\n  - step: cal\n    name: f\n',
    'key.yaml': 'pace: 4\nlatncyMs: 5\n',
    'type.yaml': 'pace: 4\nmodels: gpt-realtime\n',
    'missing.yaml': 'scripts:\n  a: nowhere.json\n',
    'nested.yaml': 'pace: 4\nscript: step.yaml\n',
    'fault.json': '{\n  "faults": [\n    { "fault": "drop" },\n    { "fault": "refuse", "status": 200 }\n  ]\n}',
    'secret.yaml': 'apiKey: [sk-secret]\n',
    'module.mjs': 'export default [{ step: "sing" }]',
    'broken.mjs': 'export default [',
  }

  it.each([
    [['--port', 'abc'], '--port is "abc"; allowed: an integer from 0 to 65535'],
    [['--pace', '0'], '--pace is 0; allowed: a number above 0, or Infinity'],
    [['--voice', 'tones'], '--voice is "tones"; allowed: echo, tone; did you mean tone?'],
    [['--latncy-ms', '5'], '--latncy-ms is an unknown option; did you mean --latency-ms?'],
    [['--log', 'all'], '--log is "all"; allowed: events, summary'],
    [['--refuse', '200'], '--refuse is "200"; allowed: an HTTP status from 400 to 599'],
    [['--fault', '{fault: dorp}'], '--fault[0].fault is "dorp"; allowed: drop, stall,'],
    [['--fault', '{fault'], '--fault:1: not valid YAML;'],
    [['--tls-key', 'x'], '--tls-cert is missing;'],
    [['--allow-origin', 'example.com'], '--allow-origin[0] is "example.com"; allowed: an origin such as'],
    [['--allow-origin', 'https://example.com/path'], '--allow-origin[0] is "https://example.com/path"; allowed:'],
    [['now'], '"now" is an unknown argument'],
    [['--script', 'b.json'], 'b.json: no such file'],
    [
      ['--script', 'a.json'],
      'a.json:1: script is an object; allowed: a list, or an object with responses and transcripts',
    ],
    [['--script', 'object.json'], 'object.json:1: script.script is an unknown key; allowed: responses, transcripts'],
    [['--script', 'syntax.json'], 'syntax.json:3: not valid JSON; found "\\""'],
    [['--script', 'tabs.json'], 'tabs.json:3: script[1].step is "sing"; allowed: reply, call, fail, silence, mcp_call'],
    [
      ['--script', 'step.yaml'],
      'step.yaml:3: script[1][1].step is "cal"; allowed: reply, call, fail, silence, mcp_call; did you mean call?',
    ],
    [['--script', 'module.mjs'], 'module.mjs: script[0].step is "sing"'],
    [['--script', 'broken.mjs'], 'broken.mjs: cannot be read:'],
    [['--config', 'syntax.yaml'], 'syntax.yaml:3: not valid YAML;'],
    [['--config', 'key.yaml'], 'key.yaml:2: latncyMs is an unknown key; allowed: port, host,'],
    [['--config', 'type.yaml'], 'type.yaml:2: models is text; allowed: a list'],
    [['--config', 'missing.yaml'], 'missing.yaml:2: nowhere.json: no such file'],
    [['--config', 'nested.yaml'], 'nested.yaml:2: step.yaml:3: script[1][1].step is "cal"'],
    [['--config', 'fault.json'], 'fault.json:4: faults[1].status is 200; allowed: an integer from 400 to 599'],
    [['--config', 'secret.yaml'], 'secret.yaml:1: apiKey is a list; allowed: text'],
  ])('%j', async (args, line) => {
    const { code, err } = await run(emulate, args, folderOf(files))
    expect(err).toMatch(/^emulate: [^\n]*\n$/)
    expect(err.slice('emulate: '.length).startsWith(line), err).toBe(true)
    expect(code).toBe(2)
  })
})
