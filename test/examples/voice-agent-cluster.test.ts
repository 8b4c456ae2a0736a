import { expect, it } from 'vitest'
import { findRedis } from '../../scripts/redis.mjs'
import { runExample } from '../support/run-example.js'

// It needs minutes of real time and `redis-server`, so it is a part of `npm run certify`.
it.skipIf(process.env.CERTIFY !== '1' || findRedis() === undefined)(
  'voice-agent-cluster: calls continue when nodes are killed with kill -9, and no tool runs twice',
  async () => {
    const minutes = process.env.CERTIFY_MINUTES
    const args = ['--demo', '--calls', '12', ...(minutes ? ['--minutes', minutes] : [])]
    const { code, stdout, stderr } = await runExample('voice-agent-cluster/main.ts', args, {
      env: { REDIS_SERVER_PATH: findRedis() },
      timeoutMs: 900_000 + Number(minutes ?? 0) * 60_000,
    })
    // biome-ignore lint/suspicious/noConsole: the numbers and the problems are the result of `npm run certify`
    console.log(stdout.slice(Math.max(0, stdout.indexOf('telephone, '))))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const kills = (state: string) =>
      stdout.match(new RegExp(`kill -9 .* in the middle of a ${state}`, 'g'))?.length ?? 0
    const counts = ['sentence', 'tool', 'handoff'].map(kills)
    // They take turns, so each has a third.
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(2)
    expect(stdout).toMatch(/resumed CA-\d/)
    expect(stdout).toMatch(/resumed rtc_/)
    expect(stdout).toMatch(/ 0 of them twice/)
    expect(stdout).toMatch(/^0 problems in 12 calls$/m)
    expect(stdout).toMatch(/all calls are complete/)
  },
  3_600_000,
)
