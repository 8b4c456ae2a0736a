/** A Python of 3.11 or later on this machine that has aiohttp, or undefined. */
export function findPython(): string | undefined
