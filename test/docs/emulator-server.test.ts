import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/cli/emulate/config-file.js'
import { createEmulator } from '../../src/testing/index.js'
import { type EmulatorServer, serve } from '../../src/testing/node/index.js'

const page = readFileSync(fileURLToPath(new URL('../../docs/emulator-server.md', import.meta.url)), 'utf8')

/** Returns the code blocks of a language that have a file name, by file name. */
function blocks(language: string): ReadonlyMap<string, string> {
  const pattern = new RegExp(`^\`\`\`${language} (\\S+)\\n([\\s\\S]*?)^\`\`\`$`, 'gm')
  return new Map([...page.matchAll(pattern)].map(([, name = '', code = '']) => [name, code]))
}

const folder = mkdtempSync(join(tmpdir(), 'emulator-server-'))
let server: EmulatorServer
let host = ''

beforeAll(async () => {
  for (const language of ['yaml', 'python']) {
    for (const [name, code] of blocks(language)) if (!name.includes('/')) writeFileSync(join(folder, name), code)
  }
  server = await serve(createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0 }))
  host = new URL(server.controlUrl).host
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a program in the folder, and returns its exit code and output. */
function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, EMULATOR_HOST: host }, timeout: 60_000 })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

const hasCurl = spawnSync('curl', ['--version']).status === 0
/** The path of a Python that has the packages of the page, or `undefined`. */
const python = [process.env.PYTHON_PATH, 'python3'].find(
  (program) => program && spawnSync(program, ['-c', 'import pytest, requests, websockets.sync.client']).status === 0,
)

describe('docs/emulator-server.md', () => {
  it('the options file: is valid', async () => {
    const loaded = await loadConfig(join(folder, 'emulator.yaml'), folder)
    expect(loaded).not.toHaveProperty('problem')
    expect(loaded).toMatchObject({ values: { port: 8080, latencyMs: 0, pace: Number.POSITIVE_INFINITY } })
  })

  it('the blocks: exist', () => {
    expect([...blocks('sh').keys()]).toEqual(['parallel.sh', 'rules.sh', 'drop.sh', 'refuse.sh', 'journal.sh'])
    expect(blocks('python').size).toBe(6)
  })

  it.skipIf(!hasCurl).each([...blocks('sh')])('%s: each command succeeds', async (name, code) => {
    const script = `set -e\n${code.replaceAll('127.0.0.1:8080', host)}`
    const { code: exitCode, output } = await run('bash', ['-c', script])
    expect([exitCode, output]).toEqual([0, expect.not.stringContaining('curl:')])
    if (name === 'parallel.sh') expect(output).toContain('"test-20"')
    if (name === 'refuse.sh') expect(output).toBe('{"sessions":[]}')
  })

  it.skipIf(python === undefined)('the Python tests: pass', async () => {
    const { code, output } = await run(python ?? '', ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'])
    expect([code, output]).toEqual([0, expect.stringContaining('5 passed')])
  })
})
