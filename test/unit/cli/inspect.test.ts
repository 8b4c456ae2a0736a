import { describe, expect, it } from 'vitest'
import { inspect } from '../../../src/cli/inspect/inspect.js'
import { createSession } from '../../../src/session/realtime.js'
import { createManualClock } from '../../../src/testing/clock.js'
import { createEmulator } from '../../../src/testing/emulator/emulator.js'
import { reply } from '../../../src/testing/emulator/script.js'
import { recording } from '../../../src/transports/recording.js'
import { folderOf, run } from './support/run.js'

/** What `recording` writes of a short conversation. */
async function record(): Promise<string> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script: [reply('Good day.')] })
  let text = ''
  const transport = recording(emulator.connect(), (line) => (text += line), { clock })
  const session = createSession({ transport, clock, config: { output_modalities: ['text'] } })
  const connected = session.connect()
  await clock.advance(1000)
  await connected
  const response = session.respond()
  await clock.advance(5000)
  await response.done
  const closed = session.close()
  await clock.advance(1000)
  await closed
  return text
}

describe('inspect', () => {
  it('reports no problems for the output of recording()', async () => {
    const { code, out, err } = await run(inspect, ['call.jsonl'], folderOf({ 'call.jsonl': await record() }))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^ +0\.000 s · recording/)
    expect(out).toMatch(/ s → session\.update {2}realtime \["text"\]\n/)
    expect(out).toMatch(/ s ← response\.output_text\.delta( ×\d+)?/)
    expect(out).toMatch(/ s ← response\.done {2}\S+ completed \d+\n/)
    expect(out).toMatch(/\d+ lines, no problems\.\n$/)
  })

  it('reports lines without events, beta events, and invalid events', async () => {
    const lines = [
      '{"type":"response.audio.delta","delta":""}',
      '{"type":"response.done"}',
      'x',
      '{"a":1}',
      '{"type":"session.update","session":{"voice":"ash"}}',
    ]
    const { code, out } = await run(inspect, ['a.jsonl', '--json'], folderOf({ 'a.jsonl': lines.join('\n') }))
    expect(code).toBe(1)
    const { problems } = JSON.parse(out) as { problems: { line: number; problem: string }[] }
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5])
    expect(problems[0]?.problem).toBe('an event of the beta; `realtime-primitives doctor` converts the log to GA')
    expect(problems.map(({ problem }) => problem).slice(2, 4)).toEqual([
      'the line is not valid JSON',
      'the line contains no event',
    ])
  })

  it('combines consecutive deltas into one line, unless --all is set', async () => {
    const delta = '{"ms":5,"direction":"sent","event":{"type":"input_audio_buffer.append","audio":"AAAA"}}\n'
    const folder = folderOf({ 'a.jsonl': delta.repeat(3) })
    expect((await run(inspect, ['a.jsonl'], folder)).out).toContain('   0.005 s → input_audio_buffer.append ×3\n')
    expect((await run(inspect, ['a.jsonl', '--all'], folder)).out.match(/→/g)).toHaveLength(3)
  })

  it.each([
    [[], 'Name one recording.'],
    [['b.jsonl'], 'b.jsonl cannot be read: there is no such file or folder'],
    [['a.txt'], 'a.txt holds no events, one on each line.'],
  ])('exits with 2 for %j', async (args, line) => {
    const { code, err } = await run(inspect, args, folderOf({ 'a.txt': 'hello' }))
    expect({ code, line: err.split('\n')[0] }).toEqual({ code: 2, line })
  })
})
