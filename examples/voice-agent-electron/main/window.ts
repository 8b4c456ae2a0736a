import { fileURLToPath } from 'node:url'
import { app, BrowserWindow } from 'electron'

/** Creates the window, hidden. It has no page yet. */
export function createWindow(preload: URL): BrowserWindow {
  const window = new BrowserWindow({
    width: 480,
    height: 720,
    minWidth: 360,
    minHeight: 480,
    show: false,
    webPreferences: {
      preload: fileURLToPath(preload),
      // The next three are the defaults. They are repeated because the app depends on them.
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      devTools: !app.isPackaged,
      // A call continues while the window is hidden.
      backgroundThrottling: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  const { webContents } = window
  // The window shows one page for all its life.
  webContents.on('will-navigate', (event) => event.preventDefault())
  webContents.on('will-attach-webview', (event) => event.preventDefault())
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  return window
}
