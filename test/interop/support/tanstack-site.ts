import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { createEmulator, type Emulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { launchChromium } from '../../browser/support/chromium.js'
import { joined, room, speechLike } from '../../unit/testing/speech.js'

const pageSource = fileURLToPath(new URL('bridges/tanstack-page.mjs', import.meta.url))
const html = '<!doctype html><title>TanStack</title><script type="module" src="/page.js"></script>'

/** An event of the client. */
export interface TanstackEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: the types of these events belong to the client.
  readonly payload: any
}

/** A page with a connection of the client, and the emulator that it is connected to. */
export interface TanstackPage {
  readonly emulator: Emulator
  /** Calls a method of the connection. */
  call(method: string, ...args: readonly unknown[]): Promise<void>
  /** Returns all events so far. */
  events(): Promise<readonly TanstackEvent[]>
  /** Returns the level of the received audio, from 0 to 1. */
  outputLevel(): Promise<number>
}

interface Globals {
  readonly tanstack: {
    readonly events: readonly TanstackEvent[]
    readonly connection: { getAudioVisualization(): { readonly outputLevel: number } }
  }
}

/** Bundles the client. Returns the script of the page. */
export async function bundleTanstack(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [pageSource],
    nodePaths: [join(folder, 'node_modules')],
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error' },
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Runs the client in Chromium. Its addresses are fixed, so the browser resolves `api.openai.com` to the emulator. The microphone repeats a
 * second of speech.
 * @param prepare - Runs in the page before the client connects.
 */
export async function withTanstack(
  script: string,
  options: EmulatorOptions,
  run: (page: TanstackPage) => Promise<void>,
  prepare: () => void = () => {},
): Promise<void> {
  const emulator = createEmulator({ apiKey: 'sk-test', latencyMs: 0, hear: () => 'Good morning.', ...options })
  const server = await serve(emulator, { tls: true })
  const site = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response
      .writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
      .end(isScript ? script : html)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const microphone = { audio: joined(room(1_000), speechLike(1_000), room(2_000)), sampleRate: 24_000 }
  const args = [
    `--host-resolver-rules=MAP api.openai.com ${new URL(server.httpUrl).host}`,
    '--ignore-certificate-errors',
  ]
  const { browser, close } = await launchChromium(microphone, { autoplay: 'at once', args })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
    await page.waitForFunction(() => 'tanstack' in globalThis)
    await page.evaluate(prepare)
    const secret = emulator.mintClientSecret({ session: { type: 'realtime', model: 'gpt-realtime' } })
    if (!('value' in secret)) throw new Error('the emulator created no client secret')
    await inPage(page, 'connect', secret.value)
    await run({
      emulator,
      call: (method, ...args) => inPage(page, method, ...args),
      events: () => page.evaluate(() => (globalThis as unknown as Globals).tanstack.events),
      outputLevel: () =>
        page.evaluate(() => (globalThis as unknown as Globals).tanstack.connection.getAudioVisualization().outputLevel),
    })
    await inPage(page, 'disconnect')
  } finally {
    await close()
    site.close()
    await server.close()
  }
}

/** Calls `connect` of the page, or a method of the connection that it has made. */
async function inPage(page: Page, method: string, ...args: readonly unknown[]): Promise<void> {
  await page.evaluate(
    async ([name, values]) => {
      type Methods = Record<string, (...values: readonly unknown[]) => unknown>
      const { tanstack } = globalThis as unknown as { tanstack: Methods & { connection?: Methods } }
      await (tanstack.connection ?? tanstack)[name]?.(...values)
    },
    [method, args] as const,
  )
}
