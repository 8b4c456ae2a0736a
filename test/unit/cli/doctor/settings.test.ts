import { describe, expect, it } from 'vitest'
import { createExaminer } from '../../../../src/cli/doctor/examiner.js'
import { fixProject } from '../../../../src/cli/doctor/fix-project.js'

const fix = (source: string, file = 'a.js') => {
  const code = {
    file,
    path: `/no-package/${file}`,
    kind: 'script',
    isNamed: true,
    isExact: true,
    text: source,
  } as const
  const examiner = createExaminer('2026-11-23')
  const { files, left } = fixProject([code], examiner, examiner.examine([code]))
  const fixed = files.get(code.path)
  const text = fixed && 'text' in fixed ? fixed.text : source
  return { text, left: left.get(code.path)?.findings.map(({ what }) => what) }
}
const update = (session: string) => `ws.send(JSON.stringify({ type: 'session.update', session: ${session} }))\n`

describe('settings that are sent', () => {
  it.each([
    ['{ voice }', "{ type: 'realtime', audio: { output: { voice } } }"],
    ["{ 'voice': 'ash' }", "{ 'type': 'realtime', 'audio': { 'output': { 'voice': 'ash' } } }"],
    ['{ temperature: 1 }', "{ type: 'realtime' }"],
    ['{}', "{ type: 'realtime' }"],
    ["{ modalities: ['text'], }", "{ type: 'realtime', output_modalities: ['text'], }"],
    ["{ turn_detection: { type: 'none' } }", "{ type: 'realtime', audio: { input: { turn_detection: null } } }"],
    [
      "{ input_audio_format: isPhone ? 'g711_ulaw' : 'pcm16' }",
      "{ type: 'realtime', audio: { input: { format: isPhone ? { type: 'audio/pcmu' } : { type: 'audio/pcm', rate: 24000 } } } }",
    ],
    ['{ max_response_output_tokens: (9) }', "{ type: 'realtime', max_output_tokens: (9) }"],
  ])('%s becomes %s', (before, after) => {
    expect(fix(update(before))).toEqual({ text: update(after), left: [] })
  })

  it.each([
    'whisper-1',
    'gpt-4o-transcribe',
    'gpt-4o-transcribe-diarize',
    'gpt-4o-mini-transcribe',
    'gpt-4o-mini-transcribe-2025-12-15',
  ])('report the retiring transcription model %s', (model) => {
    expect(fix(update(`{ input_audio_transcription: { model: '${model}' } }`)).left).toEqual([model])
    const session = `{ type: 'realtime', audio: { input: { transcription: { model: '${model}' } } } }`
    expect(fix(update(session))).toEqual({ text: update(session), left: [model] })
  })

  it.each([
    ['a value is not constant', '{ modalities: wanted }', ['settings without a type', 'modalities']],
    ['they already have audio settings', '{ audio: {}, voice }', ['settings without a type', 'voice']],
    ['the voice is one of the account', "{ custom_voice_id: 'v' }", ['settings without a type', 'custom_voice_id']],
    ['other values are spread', "{ modalities: ['text'], ...saved }", ['settings without a type', 'modalities']],
    [
      'an object with audio is spread',
      "{ modalities: ['text'], voice, ...{ speed: 1 } }",
      ['settings without a type', 'voice', 'modalities', 'speed'],
    ],
  ])('stay as they are, and are reported whole, when %s', (_, session, left) => {
    const fixed = fix(update(session))
    expect({ ...fixed, left: fixed.left?.toSorted() }).toEqual({ text: update(session), left: left.toSorted() })
  })

  it('keep their comments with what they are about', () => {
    const before = update(`{ // all of it
    // the voice
    voice: 'ash', // of a woman
    /* how long */ max_response_output_tokens: 10, // tokens
    // how warm
    temperature: 1, // very
    tools: [], // none
    // the end
  }`)
    expect(fix(before).text).toBe(
      update(`{ // all of it
    type: 'realtime',
    audio: {
        output: {
            // the voice
            voice: 'ash', // of a woman
        },
    },
    /* how long */ max_output_tokens: 10, // tokens
    // how warm
    tools: [], // none
    // the end
  }`),
    )
  })

  it('are followed to where they are written down', () => {
    const before = `function build() {\n  return { voice: 'ash' }\n}\n${update('build()')}`
    expect(fix(before)).toEqual({
      text: `function build() {\n  return { type: 'realtime', audio: { output: { voice: 'ash' } } }\n}\n${update('build()')}`,
      left: [],
    })
  })

  it.each([
    ['a.js', (voice: string) => `class A { start() { this.s = { ${voice} }; ${update('this.s').trim()} } }`],
    ['a.ts', (voice: string) => `class A { private s = { ${voice} }; start() { ${update('this.s').trim()} } }`],
  ])('are followed to the fields of a class: %s', (file, source) => {
    const renewed = source("type: 'realtime', audio: { output: { voice: 'ash' } }")
    expect(fix(source("voice: 'ash'"), file)).toEqual({ text: renewed, left: [] })
    const read = `${source("voice: 'ash'")}\nshow(a.s.voice)`
    expect(fix(read, file).text).toBe(read)
  })

  it('are changed where fields that kept their names come later, and where they are logged', () => {
    const source = (voice: string) =>
      `const s: Record<string, unknown> = { ${voice} }\nif (id) s.prompt = { id }\nlogger.info('set', s)\n${update('s')}`
    const renewed = source("type: 'realtime', audio: { output: { voice: 'ash' } }")
    expect(fix(source("voice: 'ash'"), 'a.ts')).toEqual({ text: renewed, left: [] })
  })

  it.each([
    ['interface Wire { type: string; [key: string]: any }', true],
    ["type Wire = { type: 'session.update'; [key: string]: unknown }", true],
    ['interface Wire { type: string; session: Flat; [key: string]: any }', false],
    ['interface Wire { type: string; session: any }', false],
    ['interface Wire extends Base { [key: string]: any }', false],
  ])('are changed in an event whose type takes any field: %s', (declared, isChanged) => {
    const source = `${declared}\nconst e: Wire = { type: 'session.update', session: { voice: 'ash' } }\nws.send(JSON.stringify(e))\n`
    expect(fix(source, 'a.ts').left).toEqual(isChanged ? [] : ['settings without a type', 'voice'])
  })

  it('have the quotes of the object, also when the file has others', () => {
    const before = `const names = ["a", "b", "c", "d"]\n${update("{ 'input_audio_format': 'pcm16' }")}`
    expect(fix(before).text).toContain("'audio': { 'input': { 'format': { 'type': 'audio/pcm', 'rate': 24000 } } }")
  })

  it.each([
    ["const s = { voice: 'ash' }\ns.temperature = 1\n", 's'],
    ["const u = { type: 'session.update', session: { voice: 'ash' } }\nu.session.temperature = 1\n", 'u.session'],
  ])('are found where they are written into later: %j', (before, sent) => {
    expect(fix(`${before}${update(sent)}`).left).toContain('temperature')
    expect(fix(`${before.replaceAll('temperature', 'tools')}${update(sent)}`).left).not.toContain('tools')
  })

  it.each([
    ['whose fields are read', `const s = { voice: 'ash' }\nshow(s.voice)\n${update('s')}`],
    ['that are exported', `export const s = { voice: 'ash' }\n${update('s')}`],
    ['that get more fields later', `const s = { voice: 'ash' }\ns.type = 'realtime'\n${update('s')}`],
  ])('are left alone: settings %s', (_, before) => {
    const { text, left } = fix(before)
    expect(text).toBe(before)
    expect(left).toContain('voice')
  })

  it('are left alone in TypeScript where a type or an unused name would stop the compiler', () => {
    const typed = `const s: Settings = { voice: 'ash' }\n${update('s')}`
    expect(fix(typed, 'a.ts').text).toBe(typed)
    const unused = `const warmth = 0.8\n${update("{ type: 'realtime', temperature: warmth }")}`
    expect(fix(unused, 'a.ts')).toEqual({ text: unused, left: ['temperature'] })
    expect(fix(unused, 'a.js').left).toEqual([])
  })
})

describe('what is like it and is not', () => {
  it.each([
    "openai.audio.speech.create({ voice: 'alloy', speed: 1 })",
    "openai.chat.completions.create({ temperature: 1, modalities: ['text'], messages })",
    "const s = { audio: { input: { turn_detection: { type: 'server_vad' } } } }; connect('realtime', s)",
    'stripe.confirm(intent.client_secret)',
    "router.get('/realtime/sessions', list)",
    "fetch(url, { headers: { 'OpenAI-Beta': 'assistants=v2' } })",
    "console.log('speaks gpt-4o-realtime-preview as before')",
    "kit({ modalities: ['audio'], voice: 'ash', outputAudioFormat: 'pcm16', turnDetection: { type: 'server_vad' } })",
    "connect('wss://api.x.ai/v1/realtime', { type: 'session.update', session: { voice: 'ara' } })",
  ])('%s', (source) => {
    expect(fix(source)).toEqual({ text: source, left: [] })
  })
})
