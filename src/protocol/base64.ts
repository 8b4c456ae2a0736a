/** Characters that base64 does not use. Some of them need escaping in JSON. */
const foreign = /[^\w+/=-]/

/** Returns whether a text contains only base64 digits, so that it needs no escaping in JSON. */
export function isPlainBase64(text: string): boolean {
  return !foreign.test(text)
}

/**
 * Returns whether base64 can have this length: digits form groups of four, and a last group of one contains no whole byte. Text with other
 * characters is accepted here and left to the server.
 */
export function hasBase64Length(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length - padding) % 4 !== 1 || !isPlainBase64(text)
}
