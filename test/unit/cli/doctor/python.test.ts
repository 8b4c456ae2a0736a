import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diagnosePython } from '../../../../src/cli/doctor/python/diagnose.js'
import { tokenize } from '../../../../src/cli/doctor/python/tokens.js'

const found = (source: string) => diagnosePython(source).findings.map(({ rule, what }) => `${rule} ${what}`)

describe('Python', () => {
  it('is not code in comments and documentation', () => {
    const source = [
      '"""response.audio.delta"""',
      '# "response.audio.delta"',
      'def f():',
      "    '''OpenAI-Beta: realtime=v1'''",
      '    return 1  # "openai-beta.realtime-v1"',
    ]
    expect(found(source.join('\n'))).toEqual([])
  })

  it.each([
    ['x = """a\n"quoted" \'\'\' # no comment\n"""\ny = "response.text.delta"', ['event response.text.delta']],
    ['x = "an \\" escaped quote"\ny = \'response.text.delta\'', ['event response.text.delta']],
    ['x = r"\\d"\ny = rb"response.text.delta"', ['event response.text.delta']],
    [
      'match event.type:\n    case "response.text.delta" | "response.text.done":\n        pass',
      ['event response.text.delta', 'event response.text.done'],
    ],
    ['headers["OpenAI-Beta"] = "realtime=v1"', ['header OpenAI-Beta: realtime=v1']],
    ['header=["OpenAI-Beta: realtime=v1"]', ['header OpenAI-Beta: realtime=v1']],
    ['headers = {"OpenAI-Beta": "assistants=v2"}', []],
    ['connect(url, subprotocols=["realtime", "openai-beta.realtime-v1"])', ['subprotocol openai-beta.realtime-v1']],
    ['URL = f"{base}/realtime/sessions"', ['url /v1/realtime/sessions']],
    ['client.audio.transcriptions.create(model="whisper-1", temperature=0)', []],
    ['if t in ("response.audio.delta", "response.output_audio.delta"): pass', []],
    ['await c.session.update(session=dict(voice="ash"))', ['field voice']],
    ['s["input_audio_transcription"] = {"model": "whisper-1"}', ['field input_audio_transcription', 'model whisper-1']],
    ['session_config["turn_detection"] = None', []],
    ['send("session.update")\nsession_config["turn_detection"] = None', ['field turn_detection']],
    ['send("session.update")\nagent["turn_detection"] = None', []],
    ['"""never closed', []],
  ])('%j has %j', (source, expected) => {
    expect(found(source)).toEqual(expected)
  })

  it('is cut up whatever it is, and each token is where it says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', "'", '\\', '\n', '#', '{', '}', 'f', 'a', '=', ' ', '"""') }),
        (source) => {
          let end = 0
          for (const token of tokenize(source)) {
            expect(source.slice(token.start, token.end)).toBe(token.text)
            expect(token.start).toBeGreaterThanOrEqual(end)
            end = token.end
          }
          diagnosePython(source)
        },
      ),
    )
  })
})
