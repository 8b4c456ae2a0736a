import { createEmulator } from '../emulator/emulator.js'
import type { EmulatorOptions } from '../emulator/options.js'
import { type EmulatorServer, serve } from './serve.js'
import type { ServeOptions } from './serve-options.js'

/** Options of {@link emulatorFixture}: those of `createEmulator` and of `serve`. */
export interface EmulatorFixtureOptions extends EmulatorOptions, ServeOptions {}

/**
 * Returns a fixture for `test.extend` of Playwright or vitest: a served emulator for each test, so that tests can run in parallel.
 * @example
 * ```ts
 * import { test as base } from '@playwright/test'
 *
 * const test = base.extend({ emulator: emulatorFixture({ script: [reply('Hello.')] }) })
 * test('the page answers', async ({ page, emulator }) => {
 *   await page.goto(`http://127.0.0.1:8080/?api=${encodeURIComponent(emulator.httpUrl)}`)
 * })
 * ```
 */
export function emulatorFixture(options: EmulatorFixtureOptions = {}) {
  const { port, host, tls, allowOrigin, refuseUpgrade, hangUpBy, dialect, ...emulating } = options
  const given = Object.entries({ port, host, tls, allowOrigin, refuseUpgrade, hangUpBy })
  const serving: ServeOptions = Object.fromEntries(given.filter(([, value]) => value !== undefined))
  // Playwright reads the dependencies of a fixture from its source, so the first parameter has to be a pattern.
  // biome-ignore lint/correctness/noEmptyPattern: see above
  return async ({}: object, use: (server: EmulatorServer) => Promise<void>): Promise<void> => {
    const emulator = createEmulator({ ...emulating, ...(dialect && { dialect }) })
    const server = await serve(emulator, serving)
    try {
      await use(server)
    } finally {
      await server.close()
      await emulator.close()
    }
  }
}
