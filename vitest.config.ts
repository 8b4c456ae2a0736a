import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests of the packed and installed library, in each runtime. */
const packed = 'test/{package,runtimes,browser,apps}/**/*.test.ts'
/** Those of them that compare audio, which plays in real time. */
const audible = 'test/browser/{firefox,microphone,speaker,speech,web-rtc,web-socket}.test.ts'

/** The settings of tests with browsers and other programs. They run in real time, and a busy machine spoils single attempts. A defect fails all. */
const realTime = { globalSetup: 'test/package/support/setup.ts', retry: 2 }

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
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [packed],
          // Files of one worker share modules: importing them takes most of the time of short files.
          isolate: false,
          // Several files wait for sockets and processes, so on two cores three run at a time.
          maxWorkers: Math.max(3, availableParallelism()),
          // `npm run check` checks the types of all files, which takes three times as long.
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'test/types/tsconfig.json' },
        },
      },
      {
        extends: true,
        test: {
          ...realTime,
          name: 'packed',
          include: [packed],
          exclude: [audible],
          // Runs after the tests above. Most of these files wait for browsers and other programs, so two of them run at a time.
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          ...realTime,
          name: 'audible',
          include: [audible],
          // After all other tests, whose work would make gaps in the audio. One of these files uses less than half of a core.
          sequence: { groupOrder: 2 },
          maxWorkers: 2,
        },
      },
    ],
  },
})
