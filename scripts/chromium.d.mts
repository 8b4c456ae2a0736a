/** Returns the path of Chromium or Chrome, or `undefined`. `CHROMIUM_PATH` takes precedence. */
export function findChromium(): string | undefined
