/** Returns the path of Python 3.11 or later with aiohttp, or `undefined`. `PYTHON_PATH` takes precedence. */
export function findPython(): string | undefined
