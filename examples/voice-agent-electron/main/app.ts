import { join } from 'node:path'
import { app, powerMonitor, protocol, session } from 'electron'
import { type Notice, noticeChannel, type Settings } from '../shared/bridge.js'
import { openKeyStore } from './key-store.js'
import { pageUrl } from './origin.js'
import { originsOf, servePageFiles } from './page-files.js'
import { allowMicrophone } from './permissions.js'
import { handleRequests } from './requests.js'
import { createSecret, model, type Service, startEmulator } from './service.js'
import { createTalkShortcut } from './shortcut.js'
import { createWindow } from './window.js'

/** What users paste as an API key. */
const apiKeyPattern = /^sk-[\w-]{16,300}$/

/** A page that crashes again within this time is not reloaded. */
const minCrashIntervalMs = 60_000

/**
 * Opens the window and connects all parts. Call it when the app is ready.
 * @param dist a URL that ends with a slash: the folder with `preload.cjs` and `page/`
 */
export async function openApp(dist: URL): Promise<void> {
  const keys = await openKeyStore(join(app.getPath('userData'), 'api-key'))
  // A packaged app has no emulator: its users enter a key.
  const emulator = app.isPackaged ? undefined : await startEmulator()
  const service = (): Service | undefined => (keys.apiKey ? { apiKey: keys.apiKey, baseUrl: undefined } : emulator)

  const window = createWindow(new URL('preload.cjs', dist))
  const page = window.webContents
  const notify = (notice: Notice) => {
    if (!page.isDestroyed()) page.send(noticeChannel, notice)
  }
  const shortcut = createTalkShortcut(() => notify('toggle-talk'))

  async function getSettings(): Promise<Settings> {
    return {
      service: keys.apiKey ? 'OpenAI' : emulator && 'emulator',
      baseUrl: service()?.baseUrl,
      model,
      isKeyStored: keys.isStored,
    }
  }

  const removeHandlers = handleRequests(page, {
    'settings:get': getSettings,
    async 'secret:create'() {
      const current = service()
      return current ? createSecret(current) : { problem: 'no-key' }
    },
    async 'key:save'(apiKey) {
      const trimmed = typeof apiKey === 'string' ? apiKey.trim() : ''
      if (!apiKeyPattern.test(trimmed)) return { problem: 'not-a-key' }
      await keys.save(trimmed)
      return { settings: await getSettings() }
    },
    async 'key:delete'() {
      await keys.delete()
      return getSettings()
    },
    async 'call:set'(isInCall) {
      if (isInCall === true) return { shortcut: shortcut.register() }
      shortcut.unregister()
      return { shortcut: undefined }
    },
  })

  allowMicrophone(session.defaultSession, page)
  // The policy lists both origins from the start, because a key can be entered while the page is open.
  const apiOrigins = [...originsOf(), ...(emulator ? originsOf(emulator.baseUrl) : [])]
  protocol.handle(
    'app',
    servePageFiles(new URL('page/', dist), () => apiOrigins),
  )

  const onSuspend = () => notify('suspend')
  const onResume = () => notify('resume')
  const onLock = () => notify('lock')
  powerMonitor.on('suspend', onSuspend)
  powerMonitor.on('resume', onResume)
  powerMonitor.on('lock-screen', onLock)
  // A page that was reloaded or has crashed cannot report that its call has ended.
  page.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) shortcut.unregister()
  })
  let lastCrashMs = Number.NEGATIVE_INFINITY
  page.on('render-process-gone', (_event, { reason }) => {
    shortcut.unregister()
    if (reason === 'clean-exit' || reason === 'killed') return
    const isRepeated = Date.now() - lastCrashMs < minCrashIntervalMs
    lastCrashMs = Date.now()
    // A page that crashes while it loads would be reloaded forever.
    if (isRepeated) window.close()
    else page.reload()
  })
  window.on('closed', () => {
    shortcut.unregister()
    removeHandlers()
    protocol.unhandle('app')
    powerMonitor.off('suspend', onSuspend)
    powerMonitor.off('resume', onResume)
    powerMonitor.off('lock-screen', onLock)
    void emulator?.close()
  })

  await window.loadURL(pageUrl)
}
