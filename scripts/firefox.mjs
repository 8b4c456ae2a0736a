import { existsSync } from 'node:fs'

/** The path of a Firefox on this machine that can be driven over WebDriver BiDi, or undefined. */
export function findFirefox() {
  return [process.env.FIREFOX_PATH, ...systemBrowsers].find((path) => path && existsSync(path))
}

const systemBrowsers = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]
