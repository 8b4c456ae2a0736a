import { describe, expect, it } from 'vitest'
import { load } from '../../../../src/cli/load/load.js'
import { readDuration, readLoadOptions } from '../../../../src/cli/load/options.js'
import { folderOf, run } from '../support/run.js'

async function read(...args: string[]) {
  let found: ReturnType<typeof readLoadOptions> | undefined
  await run(
    async (given, io) => {
      found = readLoadOptions(given, io)
      return 0
    },
    args,
    '/',
  )
  if (!found || 'exitCode' in found) throw new Error('refused')
  return found
}

describe('options of load', () => {
  it('have defaults: ten calls to the emulator', async () => {
    const { load: options } = await read()
    expect(options).toMatchObject({ calls: 10, rampMs: 10_000, holdMs: 30_000, via: 'pcm', tools: 0, limits: {} })
    expect((await read('--via', 'twilio')).load.tools).toBe(0.34)
  })

  it('are numbers, times, and rates', async () => {
    const args = [
      '--calls',
      '200',
      '--hold',
      '1h',
      '--barge-in',
      '0.1',
      '--max-p99-ms',
      '10',
      '--node-option=--max-semi-space-size=8',
      '--node-option=--trace-gc',
      '--pid',
      '1',
      '--pid',
      '2',
    ]
    const { load: options } = await read(...args)
    expect(options).toMatchObject({ calls: 200, holdMs: 3_600_000, bargeIns: 0.1, limits: { 'max-p99-ms': 10 } })
    expect(options.pids).toEqual([1, 2])
    expect(options.nodeOptions).toEqual(['--max-semi-space-size=8', '--trace-gc'])
  })

  it.each([
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['250ms', 250],
    ['7', 7_000],
    ['', undefined],
    ['-1s', undefined],
    ['1d', undefined],
  ])('reads the time %j as %s', (text, expected) => {
    expect(readDuration(text)).toBe(expected)
  })

  it.each([
    [['--calls', '0'], '--calls is "0"; allowed: a whole number from 1 to 10000'],
    [['--calls', '1.5'], '--calls is "1.5"; allowed: a whole number from 1 to 10000'],
    [['--hold', 'soon'], '--hold is "soon"; allowed: a time from 1s to 24h, such as 90s or 10m'],
    [['--via', 'sip'], '--via is "sip"; allowed: pcm or twilio'],
    [['--drops', '2'], '--drops is "2"; allowed: a number from 0 to 1'],
    [['--max-errors', ''], '--max-errors is ""; allowed: a number of at least 0'],
    [['--url', 'ftp://a/?key=sk-1'], '--url is "ftp://a/?…"; allowed: a URL that starts with ws: or wss:'],
    [['--relay', 'bare'], '--relay is "bare"; allowed: only with --via twilio and without --url'],
    [['--max-heap-growth', '5'], '--max-heap-growth is "5"; allowed: only with --heap'],
    [['--url', 'ws://a', '--heap'], '--heap is "set"; allowed: only without --url'],
    [['--node-option', 'trace-gc'], '--node-option is "trace-gc"; allowed: an option that starts with -'],
    [['--url', 'ws://a', '--node-option=-i'], '--node-option is "-i"; allowed: only without --url'],
    [['extra'], 'unexpected argument "extra"'],
  ])('refuse %j in one line', async (args, line) => {
    const { code, err, out } = await run(load, args, '/')
    expect([code, err, out]).toEqual([2, `load: ${line}\n`, ''])
  })

  it('refuse an unknown option in one line', async () => {
    const { code, err } = await run(load, ['--cals', '3'], '/')
    expect(code).toBe(2)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(err).toContain('--cals')
  })

  it('refuse a file to compare with that is no report, before anything starts', async () => {
    const folder = folderOf({ 'other.json': '{}' })
    const { code, err, out } = await run(load, ['--compare', 'other.json'], folder)
    expect([code, out]).toEqual([2, ''])
    expect(err).toBe('load: --compare is "other.json"; allowed: a file that --out has written\n')
  })

  it('are explained by --help', async () => {
    const { code, out } = await run(load, ['--help'], '/')
    expect(code).toBe(0)
    for (const name of ['--ramp', '--max-p99-ms', '--compare', 'OPENAI_API_KEY']) expect(out).toContain(name)
  })
})
