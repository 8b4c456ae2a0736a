import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openApp } from '../../examples/voice-agent-electron/main/app.js'
import { openKeyStore } from '../../examples/voice-agent-electron/main/key-store.js'
import { isPageUrl } from '../../examples/voice-agent-electron/main/origin.js'
import { createSecret } from '../../examples/voice-agent-electron/main/service.js'
import { createTalkShortcut } from '../../examples/voice-agent-electron/main/shortcut.js'
import type { Bridge } from '../../examples/voice-agent-electron/shared/bridge.js'
import type { FakeElectron } from '../support/fake-electron.js'

const electron = await vi.hoisted(async () => {
  const { createFakeElectron } = await import('../support/fake-electron.js')
  return createFakeElectron() as FakeElectron
})
const renderer = vi.hoisted(() => ({
  exposed: {} as Record<string, unknown>,
  invoked: [] as unknown[][],
  listeners: new Set<(event: unknown, notice: unknown) => void>(),
}))

vi.mock('electron', () => ({
  ...electron.module,
  contextBridge: { exposeInMainWorld: (name: string, api: unknown) => (renderer.exposed[name] = api) },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => void renderer.invoked.push(args),
    on: (_channel: string, listener: () => void) => renderer.listeners.add(listener),
    off: (_channel: string, listener: () => void) => renderer.listeners.delete(listener),
  },
}))

const apiKey = 'sk-the-key-of-the-user'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'voice-agent-electron-'))
  electron.settings.userData = folder
})

afterEach(async () => {
  electron.reset()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const open = () => openApp(pathToFileURL(`${folder}/dist/`))

function onPlatform(platform: NodeJS.Platform): void {
  const before = process.platform
  Object.defineProperty(process, 'platform', { value: platform })
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: before }))
}

describe('key store', () => {
  it('keeps the key encrypted across restarts, readable by the user only', async () => {
    const path = join(folder, 'api-key')
    const store = await openKeyStore(path)
    expect([store.apiKey, store.isStored]).toEqual([undefined, false])
    await store.save(apiKey)
    expect((await readFile(path)).toString()).not.toContain('sk-')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const next = await openKeyStore(path)
    expect([next.apiKey, next.isStored]).toEqual([apiKey, true])
    await next.delete()
    expect((await openKeyStore(path)).apiKey).toBeUndefined()
  })

  it.each([
    ['there is no encryption', () => Object.assign(electron.settings, { isEncryptionAvailable: false })],
    ['Linux has no password manager', () => Object.assign(electron.settings, { storageBackend: 'basic_text' })],
  ])('keeps the key in memory only when %s', async (_case, prepare) => {
    onPlatform('linux')
    prepare()
    const path = join(folder, 'api-key')
    const store = await openKeyStore(path)
    await store.save(apiKey)
    expect([store.apiKey, store.isStored]).toEqual([apiKey, false])
    expect((await openKeyStore(path)).apiKey).toBeUndefined()
  })

  it('ignores a file that cannot be decrypted', async () => {
    const path = join(folder, 'api-key')
    await writeFile(path, 'of another machine')
    expect((await openKeyStore(path)).apiKey).toBeUndefined()
  })
})

describe('requests', () => {
  it.each([
    ['another window', { sender: {} }],
    ['a frame inside the page', { frame: { url: 'app://agent/', parent: { url: 'app://agent/', parent: null } } }],
    ['another site in the window', { frame: { url: 'https://example.com/', parent: null } }],
    ['a site with a similar address', { frame: { url: 'app://agent.example.com/', parent: null } }],
    ['a frame that is gone', { frame: null }],
  ])('are rejected when they come from %s', async (_case, from) => {
    await open()
    for (const channel of electron.channels())
      await expect(electron.invoke(channel, [], from)).rejects.toThrow('came from another page')
    expect(electron.channels()).toHaveLength(5)
  })

  it('validate the key that is saved, and never return it', async () => {
    await open()
    for (const value of [undefined, 7, '', 'password', `sk-${'x'.repeat(400)}`, 'sk-with\r\nheader: injected'])
      expect(await electron.invoke('key:save', [value])).toEqual({ problem: 'not-a-key' })
    const results = [
      await electron.invoke('key:save', [` ${apiKey}\n`]),
      await electron.invoke('settings:get'),
      await electron.invoke('key:delete'),
    ]
    expect(results).toMatchObject([
      { settings: { service: 'OpenAI', baseUrl: undefined, isKeyStored: true } },
      { service: 'OpenAI' },
      { service: 'emulator', isKeyStored: false },
    ])
    expect(JSON.stringify(results)).not.toContain(apiKey)
  })

  it('create a client secret with the stored key', async () => {
    await open()
    await electron.invoke('key:save', [apiKey])
    const fetched: Request[] = []
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      fetched.push(new Request(url, init))
      return Response.json({ value: 'ek_of_a_minute', expires_at: 1, session: { type: 'realtime', id: 'sess_1' } })
    })
    expect(await electron.invoke('secret:create')).toEqual({ value: 'ek_of_a_minute' })
    expect(fetched[0]?.headers.get('authorization')).toBe(`Bearer ${apiKey}`)
    expect(await fetched[0]?.json()).toMatchObject({
      expires_after: { seconds: 60 },
      session: { audio: { input: { turn_detection: null } } },
    })
  })

  it('report why no client secret was created, as a value', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const emulator = createEmulator({ apiKey })
    const server = await serve(emulator)
    const baseUrl = server.httpUrl
    expect(await createSecret({ apiKey, baseUrl })).toEqual({ value: expect.stringMatching(/^ek_/) })
    expect(await createSecret({ apiKey: 'sk-the-key-of-another-user', baseUrl })).toEqual({ problem: 'key-rejected' })
    expect(await createSecret({ apiKey, baseUrl: `${baseUrl}/elsewhere` })).toEqual({ problem: 'failed' })
    await server.close()
    await emulator.close()
    expect(await createSecret({ apiKey, baseUrl })).toEqual({ problem: 'unreachable' })
  })

  it('need a key in a packaged app, which has no emulator', async () => {
    electron.settings.isPackaged = true
    await open()
    expect(await electron.invoke('settings:get')).toMatchObject({ service: undefined, isKeyStored: false })
    expect(await electron.invoke('secret:create')).toEqual({ problem: 'no-key' })
  })
})

describe('permissions', () => {
  const own = { isMainFrame: true, requestingUrl: 'app://agent/', mediaTypes: ['audio'] }

  function request(permission: string, details: object, sender: unknown = electron.windows[0]?.webContents) {
    return new Promise<boolean>((resolve) => {
      electron.callbacks.permissionRequest?.(...([sender, permission, resolve, details] as never[]))
    })
  }

  it('allow the microphone to the page, and nothing else', async () => {
    await open()
    expect(await request('media', own)).toBe(true)
    for (const details of [
      { ...own, mediaTypes: ['video'] },
      { ...own, mediaTypes: ['audio', 'video'] },
      { ...own, mediaTypes: [] },
      { ...own, isMainFrame: false },
      { ...own, requestingUrl: 'https://example.com/' },
    ])
      expect(await request('media', details)).toBe(false)
    expect(await request('media', own, {})).toBe(false)
    for (const permission of ['geolocation', 'notifications', 'clipboard-read', 'openExternal'])
      expect(await request(permission, own)).toBe(false)
  })

  it('depend on the answer of the user on macOS', async () => {
    await open()
    onPlatform('darwin')
    electron.settings.allowsMicrophone = false
    expect(await request('media', own)).toBe(false)
    electron.settings.allowsMicrophone = true
    expect(await request('media', own)).toBe(true)
  })

  it('are checked in the same way as they are requested', async () => {
    await open()
    const check = (permission: string, origin: string, details: object) =>
      electron.callbacks.permissionCheck?.(...([null, permission, origin, details] as never[]))
    expect(check('media', 'app://agent/', { mediaType: 'audio', isMainFrame: true })).toBe(true)
    expect(check('media', 'app://agent/', { mediaType: 'video', isMainFrame: true })).toBe(false)
    expect(check('media', 'https://example.com/', { mediaType: 'audio', isMainFrame: true })).toBe(false)
    expect(check('hid', 'app://agent/', { isMainFrame: true })).toBe(false)
    expect(electron.callbacks.devicePermission?.()).toBe(false)
  })
})

describe('window', () => {
  it('isolates the page, and shows no other page', async () => {
    await open()
    const [window] = electron.windows
    expect(window?.url).toBe('app://agent/')
    expect(window?.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    })
    for (const type of ['will-navigate', 'will-attach-webview']) {
      const preventDefault = vi.fn()
      window?.webContents.emit(type, { preventDefault })
      expect(preventDefault).toHaveBeenCalledOnce()
    }
    expect(window?.webContents.openHandler?.()).toEqual({ action: 'deny' })
    window?.emit('ready-to-show')
    expect(window?.isShown).toBe(true)
  })

  it('releases everything when it is closed', async () => {
    await open()
    await electron.invoke('call:set', [true])
    const { baseUrl } = (await electron.invoke('settings:get')) as { baseUrl: string }
    electron.windows[0]?.close()
    expect(electron.channels()).toEqual([])
    expect(electron.shortcuts.size).toBe(0)
    expect(electron.module.powerMonitor.listenerCount('resume')).toBe(0)
    expect(() => electron.fetch('app://agent/')).toThrow('no handler')
    await vi.waitFor(() => expect(fetch(baseUrl)).rejects.toThrow(), { timeout: 20_000 })
  })

  it('is reloaded after a crash, without the shortcut', async () => {
    await open()
    await electron.invoke('call:set', [true])
    electron.windows[0]?.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    expect(electron.windows[0]?.webContents.reloads).toBe(1)
    expect(electron.shortcuts.size).toBe(0)
  })

  it('closes when the page crashes twice within a minute', async () => {
    await open()
    const [window] = electron.windows
    for (let crashes = 0; crashes < 2; crashes++)
      window?.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    expect(window?.webContents.reloads).toBe(1)
    expect(electron.windows).toEqual([])
  })

  it('releases the shortcut when the page is reloaded, and keeps it when only the anchor changes', async () => {
    await open()
    await electron.invoke('call:set', [true])
    const contents = electron.windows[0]?.webContents
    contents?.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true })
    expect(electron.shortcuts.size).toBe(1)
    contents?.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })
    expect(electron.shortcuts.size).toBe(0)
  })

  it.each([true, false])('has developer tools only while it is not packaged: packaged %s', async (isPackaged) => {
    electron.settings.isPackaged = isPackaged
    await open()
    expect(electron.windows[0]?.options.webPreferences.devTools).toBe(!isPackaged)
  })
})

describe('page files', () => {
  it.each([
    'app://agent/main.js',
    'app://agent/../main.js',
    'app://agent/%2e%2e/main.js',
    'app://agent/constructor',
    'app://other/index.html',
  ])('do not include %s', async (url) => {
    await open()
    expect((await electron.fetch(url)).status).toBe(404)
  })

  it('belong to one origin', () => {
    expect(['app://agent/', 'app://agent/page.js'].every(isPageUrl)).toBe(true)
    for (const url of [
      'app://agent.evil/',
      'app://evil/agent',
      'apps://agent/',
      'https://agent/',
      'agent',
      '',
      undefined,
    ])
      expect(isPageUrl(url)).toBe(false)
  })
})

describe('shortcut', () => {
  it('toggles on each press, and ignores the repeats of a held key', () => {
    let nowMs = 0
    const onToggle = vi.fn()
    const shortcut = createTalkShortcut(onToggle, () => nowMs)
    expect(shortcut.register()).toMatch(/Space$/)
    const press = (atMs: number) => {
      nowMs = atMs
      for (const callback of electron.shortcuts.values()) callback()
    }
    for (const atMs of [0, 500, 530, 560, 1_000]) press(atMs)
    expect(onToggle).toHaveBeenCalledTimes(1)
    press(1_700)
    expect(onToggle).toHaveBeenCalledTimes(2)
    shortcut.unregister()
    press(9_000)
    expect(onToggle).toHaveBeenCalledTimes(2)
  })

  it('is registered during a call only, and absent when another program has it', async () => {
    await open()
    expect(electron.shortcuts.size).toBe(0)
    expect(await electron.invoke('call:set', [true])).toEqual({ shortcut: expect.stringMatching(/Space$/) })
    for (const callback of electron.shortcuts.values()) callback()
    expect(electron.windows[0]?.webContents.notices).toEqual(['toggle-talk'])
    expect(await electron.invoke('call:set', ['true'])).toEqual({ shortcut: undefined })
    expect(electron.shortcuts.size).toBe(0)
    electron.takenShortcuts.add('CommandOrControl+Shift+Space')
    expect(await electron.invoke('call:set', [true])).toEqual({ shortcut: undefined })
  })
})

describe('power', () => {
  it('reports to the page when the machine sleeps, wakes up, and is locked', async () => {
    await open()
    for (const event of ['suspend', 'resume', 'lock-screen']) electron.module.powerMonitor.emit(event)
    expect(electron.windows[0]?.webContents.notices).toEqual(['suspend', 'resume', 'lock'])
  })
})

describe('main', () => {
  const start = async () => {
    vi.resetModules()
    await import('../../examples/voice-agent-electron/main/main.js')
  }

  it('sandboxes all pages, gives them an origin, and opens the window', async () => {
    await start()
    expect(electron.calls[0]).toBe('enableSandbox')
    expect(JSON.parse(electron.calls[1] ?? '')).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
    await vi.waitFor(() => expect(electron.windows[0]?.url).toBe('app://agent/'), { timeout: 20_000 })
    electron.module.app.emit('second-instance')
    expect(electron.calls.slice(2)).toEqual(['restore', 'focus'])
    expect(electron.windows[0]?.isShown).toBe(true)
  })

  it('opens the window when the app is started again after its window was closed', async () => {
    await start()
    await vi.waitFor(() => expect(electron.windows[0]?.url).toBe('app://agent/'), { timeout: 20_000 })
    electron.windows[0]?.close()
    electron.module.app.emit('second-instance')
    await vi.waitFor(() => expect(electron.windows[0]?.url).toBe('app://agent/'), { timeout: 20_000 })
  })

  it('quits when the app runs already', async () => {
    electron.settings.isFirstInstance = false
    await start()
    expect(electron.calls.at(-1)).toBe('quit')
    expect(electron.windows).toEqual([])
  })
})

describe('preload', () => {
  it('exposes the functions of the bridge, and neither ipcRenderer nor events', async () => {
    await import('../../examples/voice-agent-electron/preload/preload.js')
    expect(Object.keys(renderer.exposed)).toEqual(['desktop'])
    const desktop = renderer.exposed.desktop as Bridge
    expect(Object.values(desktop).every((member) => typeof member === 'function')).toBe(true)
    await desktop.getSettings()
    await desktop.createClientSecret()
    await desktop.saveApiKey('key')
    await desktop.deleteApiKey()
    await desktop.setInCall(true)
    await open()
    expect(renderer.invoked.map(([channel]) => channel)).toEqual(electron.channels())
    expect(renderer.invoked.slice(2)).toEqual([['key:save', 'key'], ['key:delete'], ['call:set', true]])

    const received: unknown[][] = []
    const unsubscribe = desktop.onNotice((...args: unknown[]) => void received.push(args))
    for (const listener of renderer.listeners) listener({ sender: 'ipcRenderer' }, 'resume')
    unsubscribe()
    expect(received).toEqual([['resume']])
    expect(renderer.listeners.size).toBe(0)
  })
})
