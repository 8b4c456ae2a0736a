import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { _electron, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { openApp } from '../../examples/voice-agent-electron/main/app.js'
import { type LaunchedBrowser, launchChromium } from '../browser/support/chromium.js'
import { contrastProblems } from '../browser/support/example-page.js'
import { root } from '../package/support/pack.js'
import { output } from '../package/support/run.js'
import { itCertifies } from '../support/certify.js'
import type { FakeElectron } from '../support/fake-electron.js'
import { skipped } from '../support/shared.js'
import { vowel } from '../support/speech.js'
import { type App, stage } from './support/stage.js'

const electron = await vi.hoisted(async () => {
  const { createFakeElectron } = await import('../support/fake-electron.js')
  return createFakeElectron() as FakeElectron
})
vi.mock('electron', () => electron.module)

const patience = { timeout: 30_000 }

let app: App
let dist: string
let userData: string
let browser: LaunchedBrowser
let files: Server
/** The page is served by the handler of the `app:` scheme. Chromium does not know the scheme, so the page has another origin here. */
let origin: string
let page: Page
let pageErrors: string[]

beforeAll(async () => {
  app = await stage(inject('packed'), 'voice-agent-electron')
  dist = join(app.folder, 'dist')
  const [launched] = await Promise.all([
    launchChromium({ audio: vowel(2_000), sampleRate: 24_000 }),
    output(process.execPath, ['build.mjs'], { cwd: app.folder }),
  ])
  browser = launched
  files = createServer(async (request, response) => {
    const { status, headers, body } = await electron.fetch(`app://agent${request.url}`)
    response.writeHead(status, Object.fromEntries(headers))
    response.end(body && Buffer.from(await new Response(body).arrayBuffer()))
  })
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
}, 90_000)

afterAll(async () => {
  await browser?.close()
  files?.close()
  await app?.remove()
})

/** Opens the app with the real main process code and the real preload script. Only Electron between them is a fake. */
async function openPage(): Promise<void> {
  await openApp(pathToFileURL(`${dist}/`))
  const preload = await readFile(join(dist, 'preload.cjs'), 'utf8')
  await page.exposeFunction('invokeMain', (channel: string, args: unknown[]) => electron.invoke(channel, args))
  await page.addInitScript(`(() => {
    const listeners = new Set()
    window.notify = (notice) => listeners.forEach((listener) => listener({}, notice))
    const electron = {
      contextBridge: { exposeInMainWorld: (name, api) => Object.defineProperty(window, name, { value: api }) },
      ipcRenderer: {
        invoke: (channel, ...args) => window.invokeMain(channel, args),
        on: (channel, listener) => listeners.add(listener),
        off: (channel, listener) => listeners.delete(listener),
      },
    }
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      reportError(new Error('policy: ' + violatedDirective + ' ' + blockedURI))
    })
    ;((require, module) => {${preload}})(() => electron, { exports: {} })
  })()`)
  const contents = electron.windows[0]?.webContents
  if (contents)
    contents.onSend = (notice) => void page.evaluate((value) => (window as unknown as Notified).notify(value), notice)
  await page.goto(`${origin}/`)
  await page.getByText('The emulator responds, without a key').waitFor()
}

interface Notified {
  notify(notice: unknown): void
}

beforeEach(async () => {
  userData = await mkdtemp(join(tmpdir(), 'voice-agent-electron-'))
  electron.settings.userData = userData
  pageErrors = []
  page = await browser.browser.newPage({ permissions: ['microphone'] })
  page.setDefaultTimeout(patience.timeout)
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) pageErrors.push(message.text())
  })
  page.on('pageerror', (error) => pageErrors.push(error.message))
})

afterEach(async () => {
  await page.close()
  electron.reset()
  await rm(userData, { recursive: true, force: true })
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const statusIs = (text: string) => page.getByRole('status').getByText(text, { exact: true }).waitFor()
const caption = (speaker: 'user' | 'assistant') => page.locator(`#captions .${speaker}`)
const announced = async () => (await page.getByRole('log').locator('p').allTextContents()).toSorted()

async function call(): Promise<void> {
  await button('Call').click()
  await statusIs('Connected').catch(async (cause) => {
    const problem = await page.getByRole('alert').textContent()
    throw new Error(`No connection: ${problem} ${pageErrors.join('\n')}`, { cause })
  })
}

/** Starts a turn, and ends it after a second. */
async function talk(press: () => Promise<void> | void, release: () => Promise<void> | void): Promise<void> {
  await press()
  await page.getByText('Listening').waitFor()
  await page.waitForTimeout(1_000)
  await release()
}

describe('the desktop app', { timeout: 60_000 }, () => {
  // `npm run check` checks its types with the sources of the library.
  itCertifies("type-checks against Electron's own types with the packed library", async () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    expect(await output(process.execPath, [tsc], { cwd: app.folder, timeoutMs: 60_000 })).toBe('')
  })

  it('sends a turn while the button is held, over WebRTC', async () => {
    await openPage()
    await call()
    await button('Hold to talk').focus()
    await talk(
      () => page.keyboard.down('Space'),
      () => page.keyboard.up('Space'),
    )
    await caption('user').getByText('seconds of speech').waitFor()
    await caption('assistant').getByText('This is your own voice').waitFor()
    await expect
      .poll(announced, patience)
      .toEqual([expect.stringMatching(/^Agent: This/), expect.stringMatching(/^You: .*speech/)])
    await button('Hang up').click()
    await statusIs('Not connected')
    expect(electron.shortcuts.size).toBe(0)
    expect(pageErrors).toEqual([])
  })

  it('sends a turn between two presses of the global shortcut, over a WebSocket where there is no WebRTC', async () => {
    await page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'))
    await openPage()
    await call()
    await page.getByText('starts and ends a turn, everywhere').waitFor()
    const press = () => {
      for (const callback of electron.shortcuts.values()) callback()
    }
    await talk(press, press)
    await caption('user').getByText('seconds of speech').waitFor()
    await caption('assistant').getByText('This is your own voice').waitFor()
    await button('Hang up').click()
    await statusIs('Not connected')
    expect(pageErrors).toEqual([])
  })

  it('discards the turn when the machine sleeps, and reconnects with the conversation when it wakes up', async () => {
    await openPage()
    await call()
    await page.evaluate(() => {
      const status = document.getElementById('status') as HTMLElement
      const statuses: string[] = []
      Object.assign(window, { statuses })
      new MutationObserver(() => statuses.push(status.textContent ?? '')).observe(status, { childList: true })
    })
    const statuses = () => page.evaluate(() => [...new Set((window as unknown as { statuses: string[] }).statuses)])
    await talk(
      () => button('Hold to talk').dispatchEvent('click', { detail: 0 }),
      () => void electron.module.powerMonitor.emit('suspend'),
    )
    await button('Hold to talk').waitFor()
    electron.module.powerMonitor.emit('resume')
    await expect.poll(statuses, patience).toContain('Reconnecting…')
    await statusIs('Connected')
    expect(await announced()).toEqual([])
    await button('Hang up').click()
    await statusIs('Not connected')
    expect(pageErrors).toEqual([])
  })

  it('explains what to do when the service rejects the key, which the page never shows again', async () => {
    await openPage()
    vi.stubGlobal('fetch', async () => Response.json({ error: { code: 'invalid_api_key' } }, { status: 401 }))
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await page.getByText('API key', { exact: true }).click()
    await page.getByLabel('OpenAI API key').fill('no key')
    await button('Save').click()
    await page.getByRole('alert').getByText('This is not an API key').waitFor()
    await page.getByLabel('OpenAI API key').fill('sk-a-key-that-was-revoked')
    await button('Save').click()
    await page.getByText('A key is stored, encrypted by the system.').waitFor()
    expect(await page.content()).not.toContain('sk-a-key')
    expect(await page.getByLabel('OpenAI API key').inputValue()).toBe('')
    await button('Call').click()
    await page.getByRole('alert').getByText('The service rejected the API key').waitFor()
    await statusIs('Not connected')
    expect(pageErrors).toEqual([])
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it('fits a small and a large window, in both color schemes', async () => {
    await openPage()
    for (const width of [375, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 720 })
        await page.emulateMedia({ colorScheme })
        expect(await page.evaluate(contrastProblems)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      }
    expect(pageErrors).toEqual([])
  })
})

const shell = findShell()
const shellTest = 'the desktop app in Electron: makes a call'
if (shell === undefined)
  skipped(
    shellTest,
    'the Electron binary or a display is missing: run `npx install-electron`, and install Xvfb on Linux',
  )

describe.runIf(shell)('the desktop app in Electron', { timeout: 90_000 }, () => {
  it('makes a call', async () => {
    const display = await startDisplay()
    try {
      const args = [
        app.folder,
        `--user-data-dir=${userData}`,
        ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
        // Chromium refuses to run as root with its sandbox.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ]
      const env = { ...process.env, ...(display && { DISPLAY: display.name }) } as Record<string, string>
      const running = await _electron.launch({ executablePath: shell as string, args, env, timeout: 60_000 })
      const window = await running.firstWindow()
      await window.getByText('The emulator responds, without a key').waitFor()
      expect(await window.evaluate(() => [typeof Reflect.get(window, 'require'), location.origin])).toEqual([
        'undefined',
        'app://agent',
      ])
      await window.getByRole('button', { name: 'Call' }).click()
      await window.getByRole('status').getByText('Connected', { exact: true }).waitFor(patience)
      await window.getByRole('button', { name: 'Hang up' }).click()
      await running.close()
    } finally {
      display?.stop()
    }
  })
})

/** Returns the path of the Electron binary if it is installed and there is a display to open its window on. */
function findShell(): string | undefined {
  const folder = join(root, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const path = join(folder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(path) && (hasDisplay() || hasXvfb()) ? path : undefined
}

function hasDisplay(): boolean {
  return process.platform !== 'linux' || process.env.DISPLAY !== undefined
}

function hasXvfb(): boolean {
  return spawnSync('Xvfb', ['-help']).error === undefined
}

/** Starts a virtual display if there is no other one. */
async function startDisplay(): Promise<{ readonly name: string; stop(): void } | undefined> {
  if (hasDisplay()) return undefined
  const server = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    server.stdio[3]?.once('data', (data) => resolve(String(data).trim()))
    server.once('exit', () => reject(new Error('Xvfb did not start')))
  })
  return { name: `:${number}`, stop: () => void server.kill() }
}
