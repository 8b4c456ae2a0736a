import { spawnSync } from 'node:child_process'

/** A Python program that fails when a requirement of the Python example is missing. */
const probe = 'import sys, aiohttp; sys.exit(sys.version_info < (3, 11))'

/** Returns the path of Python 3.11 or later with aiohttp, or `undefined`. `PYTHON_PATH` takes precedence. */
export function findPython() {
  return [process.env.PYTHON_PATH, 'python3', '/usr/bin/python3', 'python'].find(
    (program) => program && spawnSync(program, ['-c', probe]).status === 0,
  )
}
