import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests of the library as its users get it: packed, installed, in each runtime. */
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
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'] },
        },
      },
      {
        extends: true,
        test: {
          name: 'packed',
          include: [packed],
          globalSetup: 'test/package/support/setup.ts',
          // Other programs are started and waited for: alone, so that neither they nor the tests above are short of time.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
