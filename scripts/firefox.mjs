import { existsSync } from 'node:fs'

/** Returns the path of a Firefox that supports WebDriver BiDi, or `undefined`. `FIREFOX_PATH` takes precedence. */
export function findFirefox() {
  return [process.env.FIREFOX_PATH, ...systemBrowsers].find((path) => path && existsSync(path))
}

const systemBrowsers = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]
