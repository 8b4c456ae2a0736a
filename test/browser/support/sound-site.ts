import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { decodeBase64, decodePcm16, resample, toFloat32 } from 'realtime-primitives/audio'
import { createEmulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { bundle } from '../../package/support/bundle.js'
import type { Packed } from '../../package/support/pack.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import type { LaunchedBrowser } from './chromium.js'
import { servePage } from './page-server.js'

const apiKey = 'sk-standard'

/** Returns a fake microphone that repeats a vowel after `quietMs` of silence. */
export function speaker(quietMs: number, spokenMs = 1_200) {
  const sampleRate = 48_000
  return { audio: joined(silentSamples(quietMs, sampleRate), vowel(spokenMs, sampleRate)), sampleRate }
}

/** Returns the vowel of {@link speaker} at a sample rate. */
export function spoken(spokenMs = 1_200, sampleRate = 24_000): Float32Array {
  return resample(toFloat32(vowel(spokenMs, 48_000)), 48_000, sampleRate)
}

/** Decodes audio that the page has encoded. */
export const unpack = (text: string): Float32Array => decodePcm16(decodeBase64(text))

export interface OpenOptions {
  readonly site?: 'blob' | 'strict' | 'forbidden'
  /** All tabs of a headless browser are visible. `hidden` simulates a hidden tab. */
  readonly visibility?: 'visible' | 'hidden'
}

export interface SoundSite {
  readonly wsUrl: string
  /** Opens a page in a browser and waits until it is ready. */
  open(launched: LaunchedBrowser, options?: OpenOptions): Promise<Page>
  /** Opens a page that starts a speaker without a user gesture. Resolves with the page and the state of the speaker. */
  openUntouched(launched: LaunchedBrowser): Promise<{ untouched: Page; state: string }>
  freshKey(page: Page): Promise<string>
  close(): Promise<void>
}

/** Serves an emulator and three pages: one whose policy allows the inline worklet, one whose policy blocks it, and one that forbids the microphone. */
export async function openSoundSite(packed: Packed, options: EmulatorOptions = {}): Promise<SoundSite> {
  const emulator = createEmulator({ apiKey, latencyMs: 50, ...options })
  const server = await serve(emulator)
  const entry = fileURLToPath(new URL('sound-page.ts', import.meta.url))
  const { code: script } = await bundle(packed, { entryPoints: [entry] })
  const files = { '/worklet.js': await readFile(join(packed.installed, 'dist/browser/worklet.js'), 'utf8') }
  const shared = { script, apiUrl: server.httpUrl, apiKey, files }
  const sites = {
    blob: await servePage({ ...shared, scriptSources: 'blob:' }),
    strict: await servePage(shared),
    forbidden: await servePage({
      ...shared,
      scriptSources: 'blob:',
      headers: { 'permissions-policy': 'microphone=()' },
    }),
  }
  return {
    wsUrl: server.url,
    async open({ browser }, { site = 'blob', visibility = 'visible' } = {}) {
      const page = await browser.newPage()
      page.setDefaultTimeout(60_000)
      if (visibility === 'hidden') await page.addInitScript(hide)
      await page.goto(sites[site].url)
      await page.waitForFunction(() => 'audio' in window)
      return page
    },
    async openUntouched({ browser }) {
      const untouched = await browser.newPage()
      const logged = untouched.waitForEvent('console', (message) => message.type() === 'info')
      await untouched.goto(`${sites.blob.url}#untouched`)
      return { untouched, state: (await logged).text() }
    },
    freshKey: (page) => page.evaluate(async () => (await fetch('/key')).text()),
    async close() {
      for (const site of Object.values(sites)) await site.close()
      await server.close()
    },
  }
}

/** Simulates a hidden tab: throttles timers, stops animation frames, and reports the page as hidden. */
function hide(): void {
  const { setTimeout: start } = window
  window.setTimeout = ((callback: () => void, ms = 0) =>
    start(callback, Math.ceil(ms / 1_000) * 1_000)) as typeof setTimeout
  window.requestAnimationFrame = () => 0
  Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })
  Object.defineProperty(document, 'hidden', { get: () => true })
}
