import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSession, recording } from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply, settleOn } from 'realtime-primitives/testing'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { root } from './support/pack.js'
import { output, run } from './support/run.js'

const packed = inject('packed')
let folder: string

beforeAll(async () => {
  // In the checkout, so that the project finds vitest.
  await mkdir(join(root, '.apps'), { recursive: true })
  folder = await mkdtemp(join(root, '.apps', 'write-test-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(packed.installed, join(folder, 'node_modules', 'realtime-primitives'), 'junction')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Records a call in which the model calls a function that the agent does not have. */
async function recordFaultyCall(): Promise<string> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script: [call('weather'), reply('It rains.')] })
  let text = ''
  const write = (line: string) => {
    text += line
  }
  const transport = recording(emulator.connect(), write, { text: 'keep', clock })
  const session = createSession({ transport, clock, config: { output_modalities: ['text'] } })
  await settleOn(clock, session.connect())
  session.sendMessage('What is the weather?')
  await clock.advance(5_000)
  await settleOn(clock, session.close())
  return text
}

/** Source of an agent, with a line that adds its tools. */
const agentSource = (tools: string) => `
import { createSession, runTools, tool } from 'realtime-primitives'
export function createAgent(transport, clock) {
  const session = createSession({ transport, clock, config: { output_modalities: ['text'] } })
  ${tools}
  return session
}
`

it('replay --write-test: a faulty call becomes a test that fails, and passes when the agent is fixed', async () => {
  // An empty configuration, so that vitest does not read the one of the checkout.
  await writeFile(join(folder, 'vitest.config.js'), 'export default {}')
  await writeFile(join(folder, 'call.jsonl'), await recordFaultyCall())
  const main = join(packed.installed, 'dist', 'cli', 'main.js')
  const args = ['replay', 'call.jsonl', '--write-test', 'call.test.js', '--agent', 'agent.js']
  await output(process.execPath, [main, ...args], { cwd: folder })
  const vitest = join(root, 'node_modules', '.bin', 'vitest')
  const runTest = () => run(vitest, ['run', '--root', folder], { cwd: folder, timeoutMs: 120_000 })

  await writeFile(join(folder, 'agent.js'), agentSource(''))
  const failed = await runTest()
  expect(failed.stdout + failed.stderr).toContain('unanswered-call')
  expect(failed.exitCode).toBe(1)

  await writeFile(
    join(folder, 'agent.js'),
    agentSource("runTools(session, [tool({ name: 'weather', execute: () => 'Rain.' })])"),
  )
  const passed = await runTest()
  expect(passed.exitCode, passed.stdout + passed.stderr).toBe(0)
}, 300_000)
