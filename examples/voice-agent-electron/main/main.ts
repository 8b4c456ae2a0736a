import { app, BrowserWindow, protocol } from 'electron'
import { openApp } from './app.js'

const dist = new URL('./', import.meta.url)

// Both must run before the app is ready. `secure` allows getUserMedia, and `standard` gives the page an origin.
app.enableSandbox()
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])

function open(): void {
  openApp(dist).catch((error: unknown) => {
    console.error(error)
    app.exit(1)
  })
}

// A second instance could not register the shortcut, so it shows the window of the first one.
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window) return app.isReady() ? open() : undefined
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  })
  // On macOS an app stays open without a window, and a click on its icon opens the next one.
  app.on('activate', () => {
    if (app.isReady() && BrowserWindow.getAllWindows().length === 0) open()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  void app.whenReady().then(open)
} else {
  app.quit()
}
