import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests of the packed and installed library, in each runtime. */
const packed = 'test/{package,runtimes,browser,apps}/**/*.test.ts'

export default defineConfig({
  resolve: {
    alias: [
      { find: '#open-socket', replacement: source('transports/open-socket/node.ts') },
      { find: /^realtime-primitives$/, replacement: source('index.ts') },
      { find: /^realtime-primitives\/webrtc$/, replacement: source('transports/web-rtc/index.ts') },
      { find: /^realtime-primitives\/(.+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    // Finds hangs. Long enough for a test that starts programs on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [packed],
          // Several files wait for sockets and processes, so on two cores three run at a time.
          maxWorkers: Math.max(3, availableParallelism()),
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'] },
        },
      },
      {
        extends: true,
        test: {
          name: 'packed',
          include: [packed],
          globalSetup: 'test/package/support/setup.ts',
          // Runs after the tests above. Most of these files wait for browsers and other programs, so two of them run at a time.
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
        },
      },
    ],
  },
})
