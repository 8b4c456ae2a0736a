import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('captions: shows captions of an interrupted conversation, and writes a WebVTT file', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const [live = '', file = ''] = stdout.split('WEBVTT\n')
  const captions = live.split('\n').filter((line) => /^(user|assistant):/.test(line))
  expect(captions).toContain('user: Tell me about the sea.')
  expect(captions).toContain('user: Thank you, that will do.')
  expect(captions).toContain('assistant: As you like.')
  expect(captions).toContainEqual(expect.stringMatching(/^assistant: The sea is .* –$/))
  expect(live).toContain('(user speaking)')
  expect(live).toContain('(assistant speaking)')

  const cues = [...file.matchAll(/^(\S+) --> (\S+)\n<v (\w+)>(.+)$/gm)].map(
    ([, start = '', end = '', speaker, text]) => {
      expect(end > start).toBe(true)
      return { start, speaker, text }
    },
  )
  expect(cues.map(({ speaker }) => speaker)).toEqual(['user', 'assistant', 'user', 'assistant'])
  expect(cues.map(({ start }) => start)).toEqual(cues.map(({ start }) => start).sort())
  expect(cues[1]?.text).toMatch(/ –$/)
}, 180_000)

const run = () => runExample('captions/main.ts')
