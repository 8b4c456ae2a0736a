import { spawnSync } from 'node:child_process'

/** What the example in Python needs, as a program that fails without it. */
const probe = 'import sys, aiohttp; sys.exit(sys.version_info < (3, 11))'

/** A Python of 3.11 or later on this machine that has aiohttp, or undefined. */
export function findPython() {
  return [process.env.PYTHON_PATH, 'python3', '/usr/bin/python3', 'python'].find(
    (program) => program && spawnSync(program, ['-c', probe]).status === 0,
  )
}
