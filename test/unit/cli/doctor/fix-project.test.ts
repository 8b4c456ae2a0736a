import { describe, expect, it } from 'vitest'
import { createExaminer } from '../../../../src/cli/doctor/examiner.js'
import { fixProject } from '../../../../src/cli/doctor/fix-project.js'
import type { Code } from '../../../../src/cli/doctor/read.js'

const code = (file: string, text: string, fields: Partial<Code> = {}): Code => ({
  file,
  path: `/no-package/${file}`,
  kind: 'script',
  isNamed: true,
  isExact: true,
  text,
  ...fields,
})

function fix(codes: readonly Code[]) {
  const examiner = createExaminer('2026-11-23')
  const { files, left } = fixProject(codes, examiner, examiner.examine(codes))
  const after = codes.map((each) => {
    const fixed = files.get(each.path)
    return fixed && 'text' in fixed ? { ...each, text: fixed.text } : each
  })
  return { files, left, after }
}

const listener = "socket.on('response.audio.delta', play)\n"
const settings = "ws.send(JSON.stringify({ type: 'session.update', session: { voice: pick({ a: 1 }), ...rest } }))\n"

describe('fixProject', () => {
  it('returns the findings that a new examination of the fixed files has', () => {
    const { left, after } = fix([
      code('listener.ts', listener),
      code('settings.ts', settings),
      code('quiet.ts', 'export const answer = 42\n'),
      code('broken.ts', 'const = \n'),
    ])
    expect(left).toEqual(createExaminer('2026-11-23').examine(after).results())
    expect(left.get('/no-package/listener.ts')?.findings).toEqual([])
    expect(left.get('/no-package/settings.ts')?.findings).not.toEqual([])
    expect(left.get('/no-package/broken.ts')?.problem?.message).toMatch(/cannot be parsed/)
  })

  it('leaves a file that is not in UTF-8 as it is, and the names that other files share with it', () => {
    const { files, left } = fix([code('a.ts', listener), code('b.ts', listener, { isExact: false })])
    expect(files.size).toBe(0)
    expect(left.get('/no-package/a.ts')?.findings).toMatchObject([{ what: 'response.audio.delta' }])
    expect(left.get('/no-package/b.ts')?.findings[0]).not.toHaveProperty('edit')
  })
})

describe('the examiner', () => {
  it('keeps the results of the first examination when other files are frozen later', () => {
    const codes = [code('a.js', listener), code('b.js', listener)]
    const examination = createExaminer('2026-11-23').examine(codes)
    const frozen = examination.resultsWithout(new Set(['/no-package/a.js']))
    expect(frozen.get('/no-package/a.js')?.findings[0]).not.toHaveProperty('edit')
    expect(frozen.get('/no-package/b.js')?.findings[0]).toHaveProperty('edit')
    expect(examination.results().get('/no-package/a.js')?.findings[0]).toHaveProperty('edit')
  })
})
