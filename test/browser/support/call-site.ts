import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { createEmulator, type Emulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { type EmulatorServer, type ServeOptions, serve } from 'realtime-primitives/testing/node'
import { bundle } from '../../package/support/bundle.js'
import type { Packed } from '../../package/support/pack.js'
import { servePage } from './page-server.js'

export const apiKey = 'sk-standard'

/** An emulator, and a page that makes WebRTC calls to it. */
export interface CallSite {
  readonly emulator: Emulator
  readonly server: EmulatorServer
  /** Messages of uncaught errors in the pages. */
  readonly pageErrors: string[]
  /** Opens the page in a browser and waits until it is ready. */
  open(browser: Browser): Promise<Page>
  close(): Promise<void>
}

export async function openCallSite(
  packed: Packed,
  options: EmulatorOptions = {},
  serving: ServeOptions = {},
): Promise<CallSite> {
  const emulator = createEmulator({ apiKey, ...options })
  const server = await serve(emulator, serving)
  const entry = fileURLToPath(new URL('web-rtc-page.ts', import.meta.url))
  const { code: script } = await bundle(packed, { entryPoints: [entry] })
  const site = await servePage({ script, apiUrl: server.httpUrl, apiKey, scriptSources: 'blob:' })
  const pageErrors: string[] = []
  return {
    emulator,
    server,
    pageErrors,
    async open(browser) {
      const page = await browser.newPage()
      page.setDefaultTimeout(60_000)
      page.on('pageerror', (error) => pageErrors.push(error.message))
      await page.goto(site.url)
      await page.waitForFunction(() => 'calls' in window)
      return page
    },
    async close() {
      await site.close()
      await server.close()
    },
  }
}
