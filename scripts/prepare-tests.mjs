// Prepares what the tests need in addition to `npm install`: the built package, Chromium, Python with aiohttp, Firefox, and Redis. Installs missing
// programs with apt-get where it can. Only Chromium is required.
import { spawnSync } from 'node:child_process'
import { findChromium } from './chromium.mjs'
import { findFirefox } from './firefox.mjs'
import { findPython } from './python.mjs'
import { findRedis } from './redis.mjs'

const programs = [
  {
    name: 'Chromium',
    find: findChromium,
    aptPackage: 'chromium',
    isRequired: true,
    without: 'The browser tests need Chromium: install it, or set CHROMIUM_PATH to its path.',
  },
  {
    name: 'Firefox',
    find: findFirefox,
    aptPackage: 'firefox-esr',
    timeoutMs: 60_000,
    without: 'The Firefox tests are skipped: install Firefox, or set FIREFOX_PATH to its path.',
  },
  {
    name: 'aiohttp for Python',
    find: findPython,
    aptPackage: 'python3-aiohttp',
    without:
      'The tests of the Python example will fail: install Python 3.11 with aiohttp, or set PYTHON_PATH to its path.',
  },
  {
    name: 'Redis',
    find: findRedis,
    aptPackage: 'redis-server',
    timeoutMs: 60_000,
    without: 'The tests of the Redis store are skipped: install redis-server, or set REDIS_SERVER_PATH to its path.',
  },
]

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`)
}

function install({ name, aptPackage, timeoutMs }) {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: timeoutMs }
  console.log(`Installing ${name} for the tests …`)
  run('apt-get', ['update', '-qq'], options)
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', aptPackage], {
    ...options,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

run('npm', ['run', '--silent', 'build'])

const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0

for (const program of programs) {
  if (!program.find() && canInstall) {
    try {
      install(program)
    } catch (error) {
      console.warn(`${program.name} could not be installed: ${error.message}`)
    }
  }
  if (program.find()) continue
  console.warn(program.without)
  if (program.isRequired) process.exit(1)
}
