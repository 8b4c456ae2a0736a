// What the test suite needs beyond `npm install`: the built package, and a Chromium.
import { spawnSync } from 'node:child_process'
import { findChromium } from './chromium.mjs'

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`)
}

run('npm', ['run', '--silent', 'build'])

if (!findChromium()) {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0) {
    console.error('The browser tests need Chromium: install it, or set CHROMIUM_PATH to where it is.')
    process.exit(1)
  }
  console.log('Installing Chromium for the browser tests …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-qq'], { env })
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
