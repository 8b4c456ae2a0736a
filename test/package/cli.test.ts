import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { targetsIn } from '../../scripts/site/links.js'
import { itCertifies } from '../support/certify.js'
import { root } from './support/pack.js'
import { output, run } from './support/run.js'

const packed = inject('packed')
const main = join(packed.installed, 'dist', 'cli', 'main.js')
const { OPENAI_API_KEY: _, ...env } = process.env as Record<string, string>
let folder: string

beforeAll(async () => {
  // In the checkout, so that new projects find the development tools that they would install.
  await mkdir(join(root, '.apps'), { recursive: true })
  folder = await mkdtemp(join(root, '.apps', 'cli-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const cli = (...args: string[]) => run(process.execPath, [main, ...args], { cwd: folder, env, timeoutMs: 60_000 })

/** Starts a program that runs until it is interrupted. Resolves when it has printed a URL. */
async function start(program: string, args: readonly string[], cwd: string) {
  const child = spawn(program, args, { cwd, env: { ...env, PORT: '0' } })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data))
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const url = await vi.waitFor(() => /http:\S+/.exec(log)?.[0] ?? expect.fail(log), { timeout: 30_000 })
  return {
    url,
    log: () => log,
    interrupt(): Promise<number | null> {
      child.kill('SIGINT')
      return exited
    },
  }
}

/** Links the packed library into a new project. */
async function installIn(project: string): Promise<void> {
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await symlink(packed.installed, join(project, 'node_modules', 'realtime-primitives'), 'junction')
}

describe('command line', () => {
  it('loads a command only when it is called', async () => {
    const source = await readFile(main, 'utf8')
    const imported = [...source.matchAll(/^import\b[^'"]*?["']([^"']+)["']/gm)].map(([, path]) => path ?? '')
    const chunks = imported.filter((path) => !path.startsWith('node:'))
    const sizes = await Promise.all(chunks.map(async (path) => (await readFile(join(main, '..', path))).length))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4_096)
  })
})

describe('demo', { timeout: 60_000 }, () => {
  it('holds a conversation with the emulator, and writes the responses', async () => {
    const { exitCode, stdout, stderr } = await cli('demo', '--fast')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/turns +4/)
    expect(stdout).toMatch(/interruptions +1/)
    expect(exitCode).toBe(0)
    expect((await readFile(join(folder, 'answers.wav'))).length).toBeGreaterThan(100_000)
  })

  it('explains a mistake in one line', async () => {
    const { exitCode, stderr } = await cli('demo', '--input', 'missing.wav')
    expect([exitCode, stderr]).toEqual([1, 'cannot use missing.wav: there is no such file or folder\n'])
    expect((await cli('demo', '--help')).stdout).toContain('npx realtime-primitives demo [options]')
  })
})

/** Creates an agent for telephone calls, and returns its folder. */
async function createDesk(): Promise<string> {
  const project = join(folder, 'desk')
  await rm(project, { recursive: true, force: true })
  expect((await cli('init', 'desk', '--template', 'telephone')).exitCode).toBe(0)
  await installIn(project)
  return project
}

describe('init', { timeout: 90_000 }, () => {
  it('creates a page with a server and tests, with the name of the folder and the version of the package', async () => {
    const { exitCode, stdout } = await cli('init', 'My Agent')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('cd "My Agent"')
    const manifest = JSON.parse(await readFile(join(folder, 'My Agent', 'package.json'), 'utf8'))
    const { version } = JSON.parse(await readFile(join(packed.installed, 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({ name: 'my-agent', dependencies: { 'realtime-primitives': `^${version}` } })
    for (const name of ['agent.ts', 'agent.test.ts', 'server.ts', 'page/page.ts', 'README.md', '.gitignore'])
      expect((await readFile(join(folder, 'My Agent', name), 'utf8')).length).toBeGreaterThan(10)
    const readme = await readFile(join(folder, 'My Agent', 'README.md'), 'utf8')
    expect(readme).toMatch(/^# My Agent\n/)
    expect(readme).toContain('npm run dev')
    expect(readme).not.toMatch(/this repository, run|npx realtime-primitives init/)
    expect(targetsIn(readme).filter((target) => !target.startsWith('https://'))).toEqual([])
  })

  it('depends on the tarball that npm has installed the package from', async () => {
    const lock = join(packed.project, 'node_modules', '.package-lock.json')
    const resolved = `file:${relative(packed.project, packed.tarball)}`
    await writeFile(lock, JSON.stringify({ packages: { 'node_modules/realtime-primitives': { resolved } } }))
    try {
      expect((await cli('init', 'from-tarball')).exitCode).toBe(0)
    } finally {
      await rm(lock)
    }
    const project = join(folder, 'from-tarball')
    const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))
    const path = dependencies['realtime-primitives'].replace(/^file:/, '')
    expect(resolve(project, path)).toBe(packed.tarball)
  })

  it('prints how to simulate a call', async () => {
    const { stdout } = await cli('init', 'calls', '--template', 'telephone')
    expect(stdout).toContain('npm run call   # in a second terminal: simulates a call')
  })

  // test/examples runs the tests of the template, and `npm run check` checks its types.
  itCertifies('creates an agent for telephone calls that type-checks and passes its tests', async () => {
    const project = await createDesk()
    const bin = (name: string) => join(root, 'node_modules', '.bin', name)
    expect(await output(bin('tsc'), [], { cwd: project, timeoutMs: 60_000 })).toBe('')
    expect(await output(bin('vitest'), ['run'], { cwd: project, timeoutMs: 60_000 })).toMatch(/5 passed/)
  })

  it('creates an agent for telephone calls that answers a call', async () => {
    const project = await createDesk()
    const server = await start(process.execPath, ['--import', 'tsx', 'server.ts'], project)
    try {
      const port = new URL(server.url).port
      const called = await output(process.execPath, ['--import', 'tsx', 'call.ts', port], { cwd: project, env })
      expect(called).toMatch(/The agent has responded\.\nThe telephone played \d+\.\d s/)
      await vi.waitFor(() => expect(server.log()).toContain('call: ended, hangup'), { timeout: 20_000 })
    } finally {
      await server.interrupt()
    }
  })

  it('refuses a folder that is not empty, and changes nothing in it', async () => {
    await mkdir(join(folder, 'full'))
    await writeFile(join(folder, 'full', 'notes.txt'), 'mine')
    const { exitCode, stderr } = await cli('init', 'full')
    expect([exitCode, stderr]).toEqual([2, 'full is not empty. Nothing was written.\n'])
    expect((await cli('init', 'full/notes.txt')).stderr).toBe('full/notes.txt is not a folder. Nothing was written.\n')
    expect(await readFile(join(folder, 'full', 'notes.txt'), 'utf8')).toBe('mine')
  })

  it.each([
    [[], 'The folder of the new project is missing.'],
    [['a', 'b'], 'Unexpected argument "b".'],
    [['a', '--template', 'constructor'], 'There is no template "constructor".'],
  ])('explains what is wrong with %j', async (args, line) => {
    const { exitCode, stderr } = await cli('init', ...args)
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, line])
  })
})

describe('load', { timeout: 60_000 }, () => {
  it('holds calls through its own bridge, prints a table, and writes a page and a report', async () => {
    const files = ['--html', 'load.html', '--out', 'load.json']
    const calls = ['--calls', '2', '--ramp', '0', '--hold', '4s', '--via', 'twilio']
    const { exitCode, stdout, stderr } = await cli('load', ...calls, '--max-errors', '0', ...files)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/added delay +p50 [\d.]+, p95 [\d.]+, p99 [\d.]+, max [\d.]+ ms/)
    const report = JSON.parse(await readFile(join(folder, 'load.json'), 'utf8'))
    expect(report.sessions.peak).toBe(2)
    expect(report.delayMs.up.count).toBeGreaterThan(10)
    expect(await readFile(join(folder, 'load.html'), 'utf8')).toContain('</html>')
  })

  it('exits with 1 when a limit is exceeded, and prints what was measured when it is interrupted', async () => {
    const args = [main, 'load', '--calls', '1', '--ramp', '0', '--hold', '1m', '--max-p99-ms', '0']
    const child = spawn(process.execPath, args, { cwd: folder, env })
    let log = ''
    child.stdout.on('data', (data) => (log += data))
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    await vi.waitFor(() => expect(log).toContain('1 call to the emulator'), { timeout: 30_000 })
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    child.kill('SIGINT')
    expect(await exited).toBe(1)
    expect(log).toContain('Interrupted. This was measured until then:')
    expect(log).toMatch(/--max-p99-ms: .* exceeded/)
  })

  it('explains a mistake in one line', async () => {
    const { exitCode, stderr } = await cli('load', '--calls', 'many')
    expect([exitCode, stderr]).toEqual([2, 'load: --calls is "many"; allowed: a whole number from 1 to 10000\n'])
  })
})

describe('play', { timeout: 60_000 }, () => {
  it('offers a WebSocket only, and prints a notice, when werift is not installed', async () => {
    const server = await start(process.execPath, [main, 'play', '--port', '0'], folder)
    try {
      const { ways } = (await (await fetch(`${server.url}settings`)).json()) as { ways: string[] }
      expect(ways).toEqual(['websocket'])
      await vi.waitFor(() => expect(server.log()).toContain('For WebRTC, run "npm install werift'), { timeout: 20_000 })
    } finally {
      await server.interrupt()
    }
  })

  it('serves the page on this machine only, with the emulator, until it is interrupted', async () => {
    const server = await start(process.execPath, [main, 'play', '--port', '0'], folder)
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    const page = await fetch(server.url)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const path of ['page.js', 'worklet.js', 'style.css'])
      expect((await (await fetch(server.url + path)).text()).length).toBeGreaterThan(1_000)
    const secret = await fetch(`${server.url}client-secret`, { method: 'POST' })
    expect(await secret.json()).toEqual({ value: expect.stringMatching(/^ek_/) })
    const foreign = await fetch(`${server.url}client-secret`, {
      method: 'POST',
      headers: { origin: 'https://a.example' },
    })
    expect(foreign.status).toBe(403)
    expect(await server.interrupt()).toBe(0)
  })

  it.each([
    [['--port', 'high'], '--port is a number up to 65535.'],
    [['now'], 'Unexpected argument "now".'],
  ])('explains what is wrong with %j', async (args, line) => {
    const { exitCode, stderr } = await cli('play', ...args)
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, line])
  })
})

describe('emulate', { timeout: 60_000 }, () => {
  it('serves what a YAML file describes, can be controlled over HTTP, and ends with code 0', async () => {
    await writeFile(join(folder, 'emulator.yaml'), 'latencyMs: 0\nscripts:\n  weather: [It rains.]\n')
    const server = await start(process.execPath, [main, 'emulate', '--config', 'emulator.yaml'], folder)
    const control = server.url.replace(/\/v1$/, '/_emulator')
    expect(await (await fetch(`${control}/scripts`)).json()).toEqual({ scripts: ['weather'] })
    const refused = await fetch(`${control}/faults`, { method: 'POST', body: '{"fault":"dorp"}' })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'fault' } }])
    expect(await server.interrupt()).toBe(0)
    expect(server.log()).toContain('The emulator has stopped.')
  })

  it('refuses a script with an unknown step in one line that names the file, the line, and the step', async () => {
    await writeFile(join(folder, 'script.json'), '[\n  "Hello.",\n  { "step": "sing" }\n]')
    const { exitCode, stderr } = await cli('emulate', '--script', 'script.json')
    const line = 'emulate: script.json:3: script[1].step is "sing"; allowed: reply, call, fail, silence, mcp_call\n'
    expect([exitCode, stderr]).toEqual([2, line])
  })
})

describe('licenses', () => {
  it('are stated for all packages whose code is in the package', async () => {
    const statement = await readFile(join(packed.installed, 'THIRD-PARTY-LICENSES.md'), 'utf8')
    for (const name of ['@babel/parser', 'diff', 'eventemitter3', 'yaml', 'zod']) {
      const license = await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8')
      expect(statement).toContain(`## ${name}`)
      expect(statement).toContain(license.trim())
    }
  })
})
