// What the test suite needs beyond `npm install`: the built package, a Chromium, and a Firefox where one can be had.
import { spawnSync } from 'node:child_process'
import { findChromium } from './chromium.mjs'
import { findFirefox } from './firefox.mjs'

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`)
}

run('npm', ['run', '--silent', 'build'])

const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0

function install(name, options) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-qq'], { env, ...options })
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    ...options,
  })
}

if (!findChromium()) {
  if (!canInstall) {
    console.error('The browser tests need Chromium: install it, or set CHROMIUM_PATH to where it is.')
    process.exit(1)
  }
  console.log('Installing Chromium for the browser tests …')
  install('chromium')
}

if (!findFirefox() && canInstall) {
  console.log('Installing Firefox for the browser tests …')
  try {
    install('firefox-esr', { timeout: 60_000 })
  } catch (error) {
    console.warn(`Firefox could not be installed: ${error.message}`)
  }
}
if (!findFirefox()) console.warn('Nothing will be tried in Firefox: install it, or set FIREFOX_PATH to where it is.')
