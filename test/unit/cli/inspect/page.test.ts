import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSession, recording } from 'realtime-primitives'
import { readWav, writeWav } from 'realtime-primitives/audio'
import { createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { inspect } from '../../../../src/cli/inspect/inspect.js'
import { html, jsonForScript } from '../../../../src/cli/inspect/page/html.js'
import { folderOf, run } from '../support/run.js'

const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)> ' " & \u2028`
const card = '4111 1111 1111 1111'

/** A line of a recording. */
const line = (ms: number, direction: string, event: object) => JSON.stringify({ ms, direction, event })

const summary = (more: object = {}) => ({
  type: 'call',
  startedAt: '2026-11-30T06:00:00.000Z',
  durationMs: 8_000,
  model: hostile,
  transcript: [
    { id: 'a', speaker: 'user', text: hostile, startMs: 0, endMs: 1_000 },
    { id: 'b', speaker: 'assistant', text: 'It is sunny today.', startMs: 2_000, endMs: 3_000, played: 'It is' },
  ],
  toolCalls: [{ callId: 'c', name: hostile, arguments: hostile, output: hostile, startMs: 1_000, endMs: 1_500 }],
  silences: [
    {
      startMs: 1_000,
      endMs: 2_000,
      parts: { turnDetection: 500, queue: 0, server: 200, tool: 300, approval: 0, reconnect: 0, player: 0 },
    },
  ],
  interruptions: [{ atMs: 3_000, by: 'caller' }],
  silenced: [{ startMs: 0, endMs: 500 }],
  usage: {
    responses: 1,
    input: { text: 1, audio: 2, total: 3 },
    output: { text: 4, audio: 5, total: 9 },
    transcription: { count: 1 },
    cost: { amount: 0.0123456, exact: '0.0123456' },
  },
  ...more,
})

async function pageOf(files: Record<string, string | Uint8Array>, ...args: string[]) {
  const folder = folderOf(files)
  const { code, out, err } = await run(inspect, ['call.jsonl', '--html', ...args], folder)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/\.html written\n$/)
  return readFileSync(join(folder, 'call.html'), 'utf8')
}

/** What `recording` writes of a short conversation, without a summary. */
async function record(text: 'keep' | 'length'): Promise<string> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script: [reply('Good day, it is sunny.')] })
  let written = ''
  const transport = recording(emulator.connect(), (entry) => (written += entry), { clock, text })
  const session = createSession({ transport, clock })
  const connected = session.connect()
  await clock.advance(1000)
  await connected
  session.sendMessage('How is the weather?')
  await clock.advance(8000)
  const closed = session.close()
  await clock.advance(1000)
  await closed
  return written
}

describe('inspect --html', () => {
  it('escapes every text of the recording', async () => {
    const events = [
      line(0, 'received', { type: 'response.done', response: { id: hostile, note: hostile } }),
      line(9, 'local', summary()),
    ]
    const page = await pageOf({ 'call.jsonl': events.join('\n') })
    expect(page.match(/<script/g)).toHaveLength(2)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;img src=x onerror=alert(2)&gt;')
    const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? []
    expect(JSON.parse(data)[0]).toMatchObject({ t: 0, d: 'received', y: 'response.done' })
    expect(JSON.parse(JSON.parse(data)[0].j).response.note).toBe(hostile)
  })

  it('needs no other file and no network, and allows only its own script', async () => {
    const page = await pageOf({ 'call.jsonl': line(9, 'local', summary()) })
    expect(page).not.toMatch(/(src|href)="(?!#|data:)/)
    expect(page).not.toMatch(/url\(|@import/)
    expect(page).toMatch(
      /default-src 'none';.* script-src &#39;sha256-|default-src &#39;none&#39;;.* script-src &#39;sha256-/,
    )
  })

  it('shows what recordCall has summarized', async () => {
    const page = await pageOf({ 'call.jsonl': line(9, 'local', summary()) })
    expect(page).toContain('2026-11-30 06:00 UTC')
    expect(page).toMatch(/<dt>Cost<\/dt>\s*<dd>0\.01235<\/dd>/)
    expect(page).toMatch(/It is<span class="unplayed"><span class="sr">Not played: <\/span> sunny today\.<\/span>/)
    expect(page).toMatch(/Turn detection <b>500 ms<\/b>/)
    expect(page).toContain('There is no audio beside the recording.')
    for (const id of ['timeline', 'transcript', 'gaps', 'tools', 'usage', 'events'])
      expect(page).toContain(`<h2 id="${id}">`)
  })

  it('computes transcript, gaps, and usage of a recording without a summary', async () => {
    const page = await pageOf({ 'call.jsonl': await record('keep') })
    expect(page).toContain('How is the weather?')
    expect(page).toContain('Good day, it is sunny.')
    expect(page).toContain('gpt-realtime')
    expect(page).toContain('Responses: 1.')
  })

  it('shows the length of text that was not recorded', async () => {
    const page = await pageOf({ 'call.jsonl': await record('length') })
    expect(page).toContain('22 characters, not recorded')
    expect(page).not.toContain('Good day')
  })

  it('draws and embeds the stereo audio beside the recording, also of a file that was not completed', async () => {
    const tone = Float32Array.from({ length: 24_000 }, (_, n) => Math.sin(n / 9))
    const wav = writeWav([tone, tone.map(() => 0)], { sampleRate: 24_000 })
    const page = await pageOf({
      'call.jsonl': line(9, 'local', summary()),
      'call.wav': wav.subarray(0, wav.length - 1_001),
    })
    const [, base64 = ''] = /src="data:audio\/wav;base64,([^"]+)"/.exec(page) ?? []
    expect(readWav(Buffer.from(base64, 'base64'))).toMatchObject({ sampleRate: 8_000, channelCount: 2 })
    expect(page.match(/<path class="wave/g)).toHaveLength(2)
  })

  it('--redact replaces matches, and leaves out the audio', async () => {
    const wav = writeWav([new Float32Array(800), new Float32Array(800)], { sampleRate: 8_000 })
    const events = [
      line(0, 'received', {
        type: 'conversation.item.input_audio_transcription.delta',
        item_id: 'i',
        delta: '4111 1111 ',
      }),
      line(1, 'received', {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'i',
        transcript: card,
      }),
      line(9, 'local', summary({ transcript: [{ id: 'a', speaker: 'user', text: `It is ${card}.`, startMs: 0 }] })),
    ]
    const page = await pageOf({ 'call.jsonl': events.join('\n'), 'call.wav': wav }, '--redact')
    expect(page).not.toContain('1111')
    expect(page).toContain('It is [card number].')
    expect(page).not.toContain('<audio')
  })

  it('ignores a summary that was damaged', async () => {
    const page = await pageOf({
      'call.jsonl': line(9, 'local', summary({ transcript: [{ text: {} }], durationMs: 'x' })),
    })
    expect(page).toContain('The recording contains no messages.')
  })

  it('-o names the page, and does not replace the recording', async () => {
    const folder = folderOf({ 'call.jsonl': line(9, 'local', summary()) })
    expect(await run(inspect, ['call.jsonl', '--html', '-o', 'page.html'], folder)).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toMatch(/^<!doctype html>/)
    expect(await run(inspect, ['call.jsonl', '--html', '-o', 'call.jsonl'], folder)).toMatchObject({ code: 2 })
    expect(await run(inspect, ['call.jsonl', '-o', 'page.html'], folder)).toMatchObject({ code: 2 })
    expect(await run(inspect, ['call.jsonl', '--html', '-o', 'none/page.html'], folder)).toMatchObject({ code: 2 })
  })
})

describe('html', () => {
  it('escapes values and keeps HTML', () => {
    const inner = html`<b title="${'"<'}">${"'&"}</b>`
    expect(html`<p>${inner}${[1, undefined, false, inner]}</p>`.markup).toBe(
      '<p><b title="&quot;&lt;">&#39;&amp;</b>1<b title="&quot;&lt;">&#39;&amp;</b></p>',
    )
    expect(jsonForScript('</script>\u2028').markup).toBe('"\\u003c/script\\u003e\\u2028"')
  })
})
