/** Returns the path of a Firefox that supports WebDriver BiDi, or `undefined`. `FIREFOX_PATH` takes precedence. */
export function findFirefox(): string | undefined
