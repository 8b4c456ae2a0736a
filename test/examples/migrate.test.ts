import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('migrate: runs a beta client, and upgrades a beta log', async () => {
  const { code, stdout } = await runExample('migrate/main.ts')
  expect(code).toBe(0)
  const lines = stdout.split('\n').map((line) => line.trim())
  expect(lines.some((line) => line.startsWith('is refused: '))).toBe(true)
  expect(lines).toContain('hears: It is half past nine.')
  expect(lines).toContain('session.update went without session.temperature: The temperature can no longer be set.')
  for (const line of [
    '1 server session.created',
    '2 client session.update',
    '7 server conversation.item.added',
    '7 server conversation.item.done',
    '10 server conversation.item.added',
    '12 server output_audio_buffer.started',
    '19 server conversation.item.done',
    '22 server output_audio_buffer.stopped',
  ])
    expect(lines).toContain(line)
}, 180_000)
