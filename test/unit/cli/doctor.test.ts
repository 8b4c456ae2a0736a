import { symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { doctor } from '../../../src/cli/doctor/doctor.js'
import { realtimeCodec } from '../../../src/protocol/codec.js'
import { filesIn, folderOf, run } from './support/run.js'

const old = "socket.on('response.audio.delta', play)\n"
const renewed = "socket.on('response.output_audio.delta', play)\n"

describe('the exit code of the doctor', () => {
  it('is 0 without uses of the beta', async () => {
    const { code, out } = await run(doctor, ['.'], folderOf({ 'a.ts': renewed }))
    expect({ code, out }).toEqual({ code: 0, out: 'Looked at 1 file: no uses of the beta.\n' })
  })

  it('is 1 with findings', async () => {
    const { code, out } = await run(doctor, ['a.ts'], folderOf({ 'a.ts': old }))
    expect(code).toBe(1)
    expect(out).toBe(`a.ts
  1:12  event  response.audio.delta [fixable]
      Use \`response.output_audio.delta\`.
      Rejected since 2026-05-12. Output events have \`output_\` in their names.

Looked at 1 file: 1 finding in 1 file, 1 that --fix can change.
`)
  })

  it('is 0 when everything is fixed', async () => {
    const folder = folderOf({ 'a.ts': old })
    expect((await run(doctor, ['.', '--fix'], folder)).code).toBe(0)
    expect(filesIn(folder)).toEqual({ 'a.ts': renewed })
  })

  it.each([
    [[], 'Name the files or folders to look at.'],
    [['--frob', '.'], "Unknown option '--frob'."],
    [['.', '--out', 'b.jsonl'], '--out takes one log of the beta.'],
  ])('is 2 for %j', async (args, message) => {
    const { code, err, out } = await run(doctor, args, folderOf({ 'a.ts': old }))
    expect({ code, out, line: err.split('\n')[0] }).toEqual({ code: 2, out: '', line: message })
  })
})

describe('unreadable files', () => {
  it.each([
    ['a path that is not there', { 'a.ts': '' }, ['b.ts'], 'b.ts there is no such file or folder'],
    [
      'a kind that is not read',
      { 'a.png': 'x' },
      ['a.png'],
      'a.png has an unsupported type; supported are TypeScript, JavaScript, Python, HTML pages, and logs',
    ],
    ['a huge file', { 'a.js': `// ${'x\n'.repeat(1 << 20)}x` }, ['a.js'], 'a.js is larger than 2 MB, and was not read'],
    ['a minified file', { 'a.js': `x=${'"a",'.repeat(9000)}0` }, ['a.js'], 'a.js is minified, and was not read'],
    [
      'a log of something else',
      { 'a.log': 'hello\nworld\n' },
      ['a.log'],
      'a.log holds no events of the Realtime API, one on each line',
    ],
    ['broken syntax', { 'a.ts': 'const a = {\n  b: ,\n}\n' }, ['.'], 'a.ts:2:6 cannot be parsed: Unexpected token'],
  ])('is told in one line: %s', async (_, files, args, line) => {
    const { code, err } = await run(doctor, args, folderOf(files))
    expect({ code, err }).toEqual({ code: 2, err: `${line}\n` })
  })

  it('still reports strings when the syntax is invalid', async () => {
    const { code, out } = await run(doctor, ['.', '--json', '--fix'], folderOf({ 'a.js': `const a = {\n${old}` }))
    expect(code).toBe(2)
    expect(JSON.parse(out).findings).toMatchObject([
      { line: 2, column: 12, what: 'response.audio.delta', isFixable: false },
    ])
  })

  it('does not keep it from nesting that has no end', async () => {
    const { code, err } = await run(doctor, ['.'], folderOf({ 'a.js': `a(${'[\n'.repeat(60_000)}` }))
    expect(code).toBe(2)
    expect(err).toMatch(/^a\.js:\d+:\d+ cannot be parsed: .+\n$/)
  })
})

describe('the walk through folders', () => {
  it('skips installed, built, bundled, and hidden files', async () => {
    const names = [
      'node_modules/x/a.js',
      '.git/a.js',
      'dist/a.js',
      '.next/a.js',
      'venv/a.py',
      'lib/a.min.js',
      'src/notes.txt',
    ]
    const { code, out } = await run(doctor, ['.'], folderOf(Object.fromEntries(names.map((name) => [name, old]))))
    expect({ code, out }).toEqual({ code: 0, out: 'Looked at 0 files: no uses of the beta.\n' })
  })

  it('follows links without cycles and not out of the folder, and reports it', async () => {
    const folder = folderOf({ 'in/a.ts': renewed, 'out/b.ts': old })
    symlinkSync('..', join(folder, 'in', 'outer'))
    symlinkSync('.', join(folder, 'in', 'self'))
    symlinkSync('../out/b.ts', join(folder, 'in', 'b.ts'))
    symlinkSync('nowhere', join(folder, 'in', 'lost'))
    const { code, err } = await run(doctor, ['in', '--fix'], folder)
    expect({ code, lines: err.trim().split('\n') }).toEqual({
      code: 0,
      lines: [
        'in/b.ts is a link out of the folder, and was not followed',
        'in/lost is a link that leads nowhere: there is no such file or folder',
        'in/outer is a link out of the folder, and was not followed',
        'in/self is a link to a folder around it, and was not followed',
      ],
    })
    expect(filesIn(join(folder, 'out'))).toEqual({ 'b.ts': old })
  })

  it('reads a file once when it is named twice', async () => {
    const { out } = await run(doctor, ['.', 'a.ts', './a.ts', '--json'], folderOf({ 'a.ts': old }))
    expect(JSON.parse(out).summary).toEqual({ files: 1, findings: 1, fixable: 1, logs: 0 })
  })
})

describe('--fix', () => {
  it('prints a diff first', async () => {
    const { out } = await run(doctor, ['a.ts', '--fix'], folderOf({ 'a.ts': old }))
    expect(out).toBe(
      `--- a.ts\n+++ a.ts\n@@ -1,1 +1,1 @@\n-${old}+${renewed}\nLooked at 1 file: no uses of the beta.\nWrote 1 file.\n`,
    )
  })

  it('asks on a terminal, and writes nothing when declined', async () => {
    const folder = folderOf({ 'a.ts': old })
    const { code, asked } = await run(doctor, ['.', '--fix'], folder, { isTerminal: true })
    expect({ code, asked, files: filesIn(folder) }).toEqual({
      code: 1,
      asked: ['Write 1 file?'],
      files: { 'a.ts': old },
    })
  })

  it('does not ask with --yes, and writes nothing with --dry-run', async () => {
    const folder = folderOf({ 'a.ts': old })
    expect(await run(doctor, ['.', '--fix', '--dry-run'], folder)).toMatchObject({ code: 1, asked: [] })
    expect(filesIn(folder)).toEqual({ 'a.ts': old })
    expect(await run(doctor, ['.', '--fix', '--yes'], folder, { isTerminal: true })).toMatchObject({
      code: 0,
      asked: [],
    })
    expect(filesIn(folder)).toEqual({ 'a.ts': renewed })
  })

  it('does not change a file that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(old), Buffer.from([0x2f, 0x2f, 0xe9, 0x0a])])
    const folder = folderOf({ 'a.js': bytes })
    const { code, err } = await run(doctor, ['.', '--fix'], folder)
    expect(code).toBe(2)
    expect(err).toBe(`a.js is neither UTF-8 nor UTF-16; it was read as Latin-1, and cannot be fixed
a.js was left as it is: it is not in UTF-8
`)
  })

  it('reads a source file that contains a NUL', async () => {
    const folder = folderOf({ 'a.ts': `const nul = '\0'\n${old}` })
    expect((await run(doctor, ['.', '--fix'], folder)).code).toBe(0)
    expect(filesIn(folder)).toEqual({ 'a.ts': `const nul = '\0'\n${renewed}` })
  })

  it('reads UTF-16 with a byte order mark, and does not change it', async () => {
    const folder = folderOf({ 'a.ts': Buffer.from(`\uFEFF${old}`, 'utf16le') })
    const { code, err, out } = await run(doctor, ['.', '--fix'], folder)
    expect({ code, err }).toEqual({ code: 1, err: 'a.ts was left as it is: it is not in UTF-8\n' })
    expect(out).toContain('response.audio.delta')
  })

  it('preserves line endings and the byte order mark', async () => {
    const before =
      "\uFEFFws.send(JSON.stringify({\r\n  type: 'session.update',\r\n  session: {\r\n    voice: 'ash',\r\n  },\r\n}))\r\n"
    const folder = folderOf({ 'a.js': before })
    await run(doctor, ['.', '--fix'], folder)
    const after = filesIn(folder)['a.js'] ?? ''
    expect(after.replaceAll('\r\n', '')).not.toContain('\n')
    expect(after).toBe(
      before.replace(
        "    voice: 'ash',\r\n",
        "    type: 'realtime',\r\n    audio: {\r\n      output: {\r\n        voice: 'ash',\r\n      },\r\n    },\r\n",
      ),
    )
  })
})

describe('the colours', () => {
  it('are used on a terminal only, and not with NO_COLOR', async () => {
    const folder = folderOf({ 'a.ts': old })
    const hasColours = async (options: object) => (await run(doctor, ['.'], folder, options)).out.includes('\u001b[')
    expect(await hasColours({ isTerminal: true })).toBe(true)
    expect(await hasColours({ isTerminal: true, env: { NO_COLOR: '1' } })).toBe(false)
    expect(await hasColours({})).toBe(false)
  })
})

describe('a log', () => {
  const lines = [
    '{"time":1,"event":{"type":"response.text.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":"Hi"}}',
    '{"type":"session.update","session":{"temperature":0.8}}',
    'half a li',
  ]

  it('is summarized by upgraded, dropped, and unknown events', async () => {
    const { code, out } = await run(doctor, ['calls.jsonl', '--json'], folderOf({ 'calls.jsonl': lines.join('\n') }))
    expect(code).toBe(1)
    expect(JSON.parse(out).logs).toMatchObject([
      {
        lines: 3,
        events: 2,
        upgraded: { 'response.text.delta': 1, 'session.update': 1 },
        dropped: { 'session.temperature': 1 },
        broken: { count: 1, first: [{ line: 3 }] },
      },
    ])
  })

  it('is converted to GA in a new file, once', async () => {
    const folder = folderOf({ 'calls.jsonl': lines.join('\n') })
    expect((await run(doctor, ['.', '--fix'], folder)).code).toBe(0)
    const [first, second, third] = filesIn(folder)['calls.ga.jsonl']?.split('\n') ?? []
    expect(realtimeCodec.decode(JSON.stringify(JSON.parse(first ?? '').event)).kind).toBe('event')
    expect(JSON.parse(second ?? '').session).toEqual({ type: 'realtime' })
    expect(third).toBe('half a li')
    expect((await run(doctor, ['.', '--fix', '--json'], folder)).out).toContain('"changes": []')
  })

  it('keeps the logger prefix before each event', async () => {
    const leads = ['12:00:01 INFO from the model: ', '[debug] ', '\t']
    const folder = folderOf({
      'calls.log': ['12:00:00 INFO ready', ...leads.map((lead, at) => `${lead}${lines[at % 2]}`)].join('\n'),
    })
    const { out } = await run(doctor, ['calls.log', '--fix', '--json'], folder)
    expect(JSON.parse(out).logs).toMatchObject([{ lines: 4, events: 3, broken: { count: 1 } }])
    const [ready, ...rest] = filesIn(folder)['calls.ga.log']?.split('\n') ?? []
    expect(ready).toBe('12:00:00 INFO ready')
    expect(rest[0]).toMatch(/^12:00:01 INFO from the model: \{"time":1,"event":\{"type":"response\.output_text\.delta"/)
    expect(rest[1]).toBe('[debug] {"type":"session.update","session":{"type":"realtime"}}')
  })

  it('is converted again when it has grown', async () => {
    const folder = folderOf({ 'calls.jsonl': lines[0] ?? '' })
    await run(doctor, ['.', '--fix'], folder)
    writeFileSync(join(folder, 'calls.jsonl'), lines.join('\n'))
    utimesSync(join(folder, 'calls.ga.jsonl'), 1, 1)
    await run(doctor, ['.', '--fix'], folder)
    expect(filesIn(folder)['calls.ga.jsonl']?.trim().split('\n')).toHaveLength(3)
  })

  it('is written to the path of --out, but not over itself', async () => {
    const folder = folderOf({ 'calls.jsonl': lines.join('\n') })
    expect((await run(doctor, ['calls.jsonl', '--out', 'new.jsonl'], folder)).code).toBe(0)
    expect(filesIn(folder)['new.jsonl']).toContain('response.output_text.delta')
    const { code, err } = await run(doctor, ['calls.jsonl', '--out', 'calls.jsonl'], folder)
    expect({ code, err }).toEqual({ code: 2, err: 'calls.jsonl is the log itself, and was not written over\n' })
    expect(filesIn(folder)['calls.jsonl']).toBe(lines.join('\n'))
  })

  it('may be one array', async () => {
    const { out } = await run(
      doctor,
      ['a.json', '--json'],
      folderOf({ 'a.json': `[\n${lines.slice(0, 2).join(',\n')}\n]` }),
    )
    expect(JSON.parse(out).logs).toMatchObject([{ lines: 2, events: 2 }])
  })

  it('without events is ignored in a folder', async () => {
    const { code, err } = await run(
      doctor,
      ['.'],
      folderOf({ 'tsconfig.json': '{\n  "strict": true\n}', 'app.log': 'started\n' }),
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })
})
