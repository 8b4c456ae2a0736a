import { expect, it } from 'vitest'
import { findRedis } from '../../scripts/redis.mjs'
import { runExample } from '../support/run-example.js'

// It needs a minute of real time and `redis-server`, so it is a part of `npm run certify`.
it.skipIf(process.env.CERTIFY !== '1' || findRedis() === undefined)(
  'voice-agent-cluster: calls continue when nodes are killed with kill -9, and no tool runs twice',
  async () => {
    const env = { REDIS_SERVER_PATH: findRedis() }
    const args = ['--demo', '--calls', '12']
    const { code, stdout, stderr } = await runExample('voice-agent-cluster/main.ts', args, { env, timeoutMs: 600_000 })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.match(/kill -9/g)).toHaveLength(4)
    expect(stdout).toMatch(/resumed CA-\d/)
    expect(stdout).toMatch(/resumed rtc_/)
    expect(stdout).toMatch(/ 0 of them twice/)
    expect(stdout).toMatch(/all calls are complete/)
  },
  660_000,
)
