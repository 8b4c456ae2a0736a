/** The path of a Firefox on this machine that can be driven over WebDriver BiDi, or undefined. */
export function findFirefox(): string | undefined
