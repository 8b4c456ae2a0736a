import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findRedis } from '../../scripts/redis.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

// It needs a minute of real time and `redis-server`, so it is a part of `npm run certify`.
it.skipIf(process.env.CERTIFY !== '1' || findRedis() === undefined)(
  'voice-agent-cluster: calls continue when nodes are killed with kill -9, and no tool runs twice',
  async () => {
    const { OPENAI_API_KEY: _, ...env } = process.env
    const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
      (resolve) => {
        const child = execFile(
          join(root, 'node_modules/.bin/tsx'),
          [join(root, 'examples/voice-agent-cluster/main.ts'), '--demo', '--calls', '12'],
          { cwd: root, env: { ...env, REDIS_SERVER_PATH: findRedis() }, timeout: 600_000 },
          (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
        )
      },
    )
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
