import { createEmulator, type Emulator } from '../emulator/emulator.js'
import type { EmulatorOptions } from '../emulator/options.js'
import { type EmulatorServer, serve } from './serve.js'
import type { ServeOptions } from './serve-options.js'

/** Options of {@link emulatorFixture}: those of `createEmulator` and of `serve`. */
export interface EmulatorFixtureOptions extends EmulatorOptions, ServeOptions {}

/** Value of {@link emulatorFixture}: a server, and the emulator that it serves. */
export interface ServedEmulator extends EmulatorServer {
  /** Controls the sessions, and returns what they received and sent. */
  readonly emulator: Emulator
}

/**
 * Returns a fixture for `test.extend` of Playwright or vitest: a served emulator for each test, so that tests can run in parallel.
 * @example
 * ```ts
 * import { test as base } from '@playwright/test'
 *
 * const test = base.extend({ server: emulatorFixture({ script: [reply('Hello.')] }) })
 * test('the page requests a response', async ({ page, server }) => {
 *   await page.goto(`http://127.0.0.1:3000/?url=${encodeURIComponent(server.url)}`)
 *   await page.getByText('Hello.').waitFor()
 *   expect(server.emulator.journal({ from: 'client', type: 'response.create' })).toHaveLength(1)
 * })
 * ```
 */
export function emulatorFixture(options: EmulatorFixtureOptions = {}) {
  const { port, host, tls, allowOrigin, refuseUpgrade, hangUpBy, dialect, ...emulating } = options
  const given = Object.entries({ port, host, tls, allowOrigin, refuseUpgrade, hangUpBy })
  const serving: ServeOptions = Object.fromEntries(given.filter(([, value]) => value !== undefined))
  // Playwright reads the dependencies of a fixture from its source, so the first parameter has to be a pattern.
  // biome-ignore lint/correctness/noEmptyPattern: see above
  return async ({}: object, use: (server: ServedEmulator) => Promise<void>): Promise<void> => {
    const emulator = createEmulator({ ...emulating, ...(dialect && { dialect }) })
    const server = await serve(emulator, serving)
    try {
      await use(Object.assign(server, { emulator }))
    } finally {
      await server.close()
      await emulator.close()
    }
  }
}
