import { EventEmitter } from 'node:events'

type Handler = (event: unknown, ...args: unknown[]) => unknown
type Callback = (...args: never[]) => unknown

/** A frame, as `senderFrame` of an IPC event. */
export interface FakeFrame {
  readonly url: string
  readonly parent: FakeFrame | null
}

/** Creates the parts of Electron that the example uses, in memory. */
export function createFakeElectron() {
  const handlers = new Map<string, Handler>()
  const shortcuts = new Map<string, () => void>()
  const schemes = new Map<string, (request: Request) => Promise<Response>>()
  const takenShortcuts = new Set<string>()
  const callbacks: Record<string, Callback> = {}
  const windows: FakeWindow[] = []
  const calls: string[] = []
  const settings = {
    userData: '',
    isPackaged: false,
    isFirstInstance: true,
    isEncryptionAvailable: true,
    storageBackend: 'gnome_libsecret',
    allowsMicrophone: true,
  }

  class FakeWindow extends EventEmitter {
    readonly webContents = Object.assign(new EventEmitter(), {
      notices: [] as unknown[],
      onSend: (_notice: unknown) => {},
      reloads: 0,
      openHandler: undefined as Callback | undefined,
      send(_channel: string, notice: unknown) {
        this.notices.push(notice)
        this.onSend(notice)
      },
      isDestroyed: () => false,
      reload() {
        this.reloads += 1
      },
      setWindowOpenHandler(handler: Callback) {
        this.openHandler = handler
      },
    })
    url = ''
    isShown = false
    readonly options: { readonly webPreferences: Readonly<Record<string, unknown>> }
    constructor(options: FakeWindow['options']) {
      super()
      this.options = options
      windows.push(this)
    }
    static getAllWindows = () => windows
    async loadURL(url: string) {
      this.url = url
    }
    show() {
      this.isShown = true
    }
    isMinimized = () => true
    restore = () => void calls.push('restore')
    focus = () => void calls.push('focus')
    close() {
      windows.splice(windows.indexOf(this), 1)
      this.emit('closed')
    }
  }

  const app = Object.assign(new EventEmitter(), {
    getPath: () => settings.userData,
    enableSandbox: () => void calls.push('enableSandbox'),
    requestSingleInstanceLock: () => settings.isFirstInstance,
    whenReady: async () => {},
    isReady: () => true,
    quit: () => void calls.push('quit'),
    exit: (code: number) => void calls.push(`exit ${code}`),
  })

  // Object.assign would read a getter only once.
  Object.defineProperty(app, 'isPackaged', { get: () => settings.isPackaged })

  const module = {
    app,
    BrowserWindow: FakeWindow,
    ipcMain: {
      handle: (channel: string, handler: Handler) => void handlers.set(channel, handler),
      removeHandler: (channel: string) => void handlers.delete(channel),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler: Callback) => {
          callbacks.permissionRequest = handler
        },
        setPermissionCheckHandler: (handler: Callback) => {
          callbacks.permissionCheck = handler
        },
        setDevicePermissionHandler: (handler: Callback) => {
          callbacks.devicePermission = handler
        },
      },
    },
    systemPreferences: { askForMediaAccess: async () => settings.allowsMicrophone },
    // Bytes that no search for the text finds, as those of real encryption.
    safeStorage: {
      isAsyncEncryptionAvailable: async () => settings.isEncryptionAvailable,
      getSelectedStorageBackend: () => settings.storageBackend,
      encryptStringAsync: async (text: string) => Buffer.from(Buffer.from(text).map((byte) => byte ^ 0xa5)),
      async decryptStringAsync(bytes: Buffer) {
        const result = Buffer.from(bytes.map((byte) => byte ^ 0xa5)).toString()
        if (!result.startsWith('sk-')) throw new Error('cannot decrypt')
        return { result, shouldReEncrypt: false }
      },
    },
    globalShortcut: {
      isRegistered: (accelerator: string) => shortcuts.has(accelerator),
      register(accelerator: string, callback: () => void) {
        if (takenShortcuts.has(accelerator)) return false
        shortcuts.set(accelerator, callback)
        return true
      },
      unregister: (accelerator: string) => void shortcuts.delete(accelerator),
    },
    powerMonitor: new EventEmitter(),
    protocol: {
      registerSchemesAsPrivileged: (list: unknown) => void calls.push(JSON.stringify(list)),
      handle: (scheme: string, handler: (request: Request) => Promise<Response>) => void schemes.set(scheme, handler),
      unhandle: (scheme: string) => void schemes.delete(scheme),
    },
  }

  return {
    module,
    settings,
    callbacks,
    shortcuts,
    takenShortcuts,
    windows,
    calls,
    channels: () => [...handlers.keys()],
    /** Sends a request as the page does, or as another frame or page. */
    async invoke(
      channel: string,
      args: readonly unknown[] = [],
      {
        frame = { url: 'app://agent/', parent: null },
        sender = windows[0]?.webContents as unknown,
      }: {
        readonly frame?: FakeFrame | null
        readonly sender?: unknown
      } = {},
    ): Promise<unknown> {
      const handler = handlers.get(channel)
      if (handler === undefined) throw new Error(`There is no handler of ${channel}`)
      return handler({ sender, senderFrame: frame }, ...args)
    },
    /** Requests a file of the page. */
    fetch(url: string): Promise<Response> {
      const handler = schemes.get(new URL(url).protocol.slice(0, -1))
      if (handler === undefined) throw new Error(`There is no handler of ${url}`)
      return handler(new Request(url))
    },
    /** Closes all windows and forgets everything. */
    reset(): void {
      for (const window of [...windows]) window.close()
      for (const map of [handlers, shortcuts, schemes, takenShortcuts]) map.clear()
      app.removeAllListeners()
      calls.length = 0
      Object.assign(settings, {
        isPackaged: false,
        isFirstInstance: true,
        isEncryptionAvailable: true,
        storageBackend: 'gnome_libsecret',
        allowsMicrophone: true,
      })
    },
  }
}

export type FakeElectron = ReturnType<typeof createFakeElectron>
