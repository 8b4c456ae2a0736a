import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findRedis } from '../../scripts/redis.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

// It needs minutes of real time and `redis-server`, so it is a part of `npm run certify`.
it.skipIf(process.env.CERTIFY !== '1' || findRedis() === undefined)(
  'voice-agent-cluster: calls continue when nodes are killed with kill -9, and no tool runs twice',
  async () => {
    const { OPENAI_API_KEY: _, CERTIFY_MINUTES: minutes, ...env } = process.env
    const args = ['--demo', '--calls', '12', ...(minutes ? ['--minutes', minutes] : [])]
    const timeout = 900_000 + Number(minutes ?? 0) * 60_000
    const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
      (resolve) => {
        const child = execFile(
          join(root, 'node_modules/.bin/tsx'),
          [join(root, 'examples/voice-agent-cluster/main.ts'), ...args],
          { cwd: root, env: { ...env, REDIS_SERVER_PATH: findRedis() }, timeout, maxBuffer: 64 * 2 ** 20 },
          (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
        )
      },
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    // biome-ignore lint/suspicious/noConsole: the numbers are the result of `npm run certify`
    console.log(stdout.slice(stdout.indexOf('telephone, ')))
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
