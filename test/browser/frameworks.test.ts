import type { Page } from 'playwright-core'
import { createEmulator, type Emulator, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { root } from '../package/support/pack.js'
import { output } from '../package/support/run.js'
import { itCertifies } from '../support/certify.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { createFrameworkApp, type FrameworkApp, frameworks, pageFiles } from './support/framework-app.js'
import { type PageServer, servePage } from './support/page-server.js'
import { speaker } from './support/sound-site.js'

declare global {
  interface Window {
    mount(target: Element, props: object): () => void
    unmount(): void
    tracks: MediaStreamTrack[]
  }
}

const packed = inject('packed')
const apiKey = 'sk-standard'
const hookFiles = { React: 'use-voice-call.ts', Vue: 'use-voice-call.ts', Svelte: 'voice-call.svelte.ts' } as const

let launched: LaunchedBrowser

beforeAll(async () => {
  launched = await launchChromium(speaker(1_500))
}, 90_000)

afterAll(() => launched?.close())

describe.each(frameworks)('docs/frameworks.md: %s', { timeout: 120_000 }, (framework) => {
  // The components differ in how they show the state. They reconnect and report errors with the same code, so `npm test` tests that once.
  const testOf = framework === 'React' ? it : itCertifies
  let app: FrameworkApp
  let emulator: Emulator
  let server: EmulatorServer
  let site: PageServer
  let page: Page
  let problems: string[] = []

  beforeAll(async () => {
    emulator = createEmulator({
      apiKey,
      latencyMs: 50,
      hear: () => 'Hello there.',
      script: () => reply('Good morning.'),
    })
    ;[app, server] = await Promise.all([createFrameworkApp(packed, framework), serve(emulator)])
    site = await servePage({ script: await app.bundle(), apiUrl: server.httpUrl, apiKey, scriptSources: 'blob:' })
  }, 60_000)

  afterEach(() => page?.close())

  afterAll(async () => {
    await Promise.all([site?.close(), server?.close()])
    await app?.remove()
  })

  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const caption = (text: string) => page.getByRole('listitem').filter({ hasText: text }).first()
  const trackStates = () => page.evaluate(() => window.tracks.map(({ readyState }) => readyState))

  /** Opens a page with the component mounted. `secrets` is awaited before each client secret is returned. */
  async function visit(secrets: () => Promise<unknown> = async () => {}): Promise<void> {
    problems = []
    page = await launched.browser.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.route('**/client-secret', async (route) => {
      await secrets()
      const value = await (await fetch(`${site.url}key`)).text()
      await route.fulfill({ json: { value } })
    })
    await page.goto(site.url)
    await page.waitForFunction(() => 'mount' in window)
    await page.evaluate((baseUrl) => {
      window.tracks = []
      const { mediaDevices } = navigator
      const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
      mediaDevices.getUserMedia = async (constraints) => {
        const stream = await getUserMedia(constraints)
        window.tracks.push(...stream.getTracks())
        return stream
      }
      window.unmount = window.mount(document.body.appendChild(document.createElement('div')), { baseUrl })
    }, server.httpUrl)
  }

  it('has at most 40 lines of glue', async () => {
    const files = await pageFiles(framework)
    const code = files.get(hookFiles[framework]) ?? ''
    const lines = code.split('\n').filter((line) => !/^\s*(\/\/.*|\/\*\*.*)?$/.test(line)).length
    expect(lines).toBeGreaterThan(20)
    expect(lines).toBeLessThanOrEqual(40)
  })

  testOf('passes type checks', async () => {
    const [command, ...args] =
      framework === 'Svelte'
        ? ['svelte-check/bin/svelte-check', '--tsconfig', 'tsconfig.json', '--fail-on-warnings']
        : ['vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'tsconfig.json']
    const path = `${root}node_modules/${command}`
    await output(process.execPath, [path, ...args], { cwd: app.folder, timeoutMs: 100_000 })
  })

  it('renders the idle state on a server', async () => {
    const html = await app.render()
    expect(html).toContain('Start')
    expect(html).not.toContain('role="alert"')
  })

  it('shows captions of both speakers, mutes, and ends the call', async () => {
    await visit()
    await button('Start').click()
    await caption('user: Hello there.').waitFor()
    await caption('assistant: Good morning.').waitFor()
    await button('Mute').click()
    await page.locator('button[aria-pressed=true]').waitFor()
    expect(await page.evaluate(() => window.tracks.map(({ enabled }) => enabled))).toEqual([false])
    await button('Mute').click()
    await page.locator('button[aria-pressed=false]').waitFor()
    await button('End').click()
    await button('Start').waitFor()
    await page.waitForFunction(() => window.tracks.every(({ readyState }) => readyState === 'ended'))
    expect(await caption('assistant: Good morning.').isVisible()).toBe(true)
    expect(problems).toEqual([])
  })

  testOf('shows a notice while it reconnects, and starts a second call after the first', async () => {
    let release = () => {}
    let blocked: Promise<void> = Promise.resolve()
    await visit(() => blocked)
    await button('Start').click()
    await caption('user: Hello there.').waitFor()
    blocked = new Promise((resolve) => {
      release = resolve
    })
    await emulator.close()
    await page.getByRole('status').waitFor()
    release()
    await page.getByRole('status').waitFor({ state: 'detached' })
    expect(await page.getByRole('alert').count()).toBe(0)
    await button('End').click()
    await button('Start').click()
    await caption('user: Hello there.').waitFor()
    await page.waitForFunction(() => window.tracks.length === 2)
    expect(await trackStates()).toEqual(['ended', 'live'])
    await page.evaluate(() => window.unmount())
    await page.waitForFunction(() => window.tracks.every(({ readyState }) => readyState === 'ended'))
  })

  testOf('shows an error when the microphone is denied, and the next start clears it', async () => {
    await visit()
    await page.evaluate(() => {
      const { mediaDevices } = navigator
      const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
      mediaDevices.getUserMedia = () => {
        mediaDevices.getUserMedia = getUserMedia
        return Promise.reject(new DOMException('denied', 'NotAllowedError'))
      }
    })
    await button('Start').click()
    await page.getByRole('alert').waitFor()
    await button('Start').click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await caption('user: Hello there.').waitFor()
  })
})
