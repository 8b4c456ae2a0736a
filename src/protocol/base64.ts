/** Whatever base64 does not use; some of it could not stand in JSON as it is. */
const foreign = /[^\w+/=-]/

/** Whether a text needs no escape in JSON, and has nothing between its digits. */
export function isPlainBase64(text: string): boolean {
  return !foreign.test(text)
}

/**
 * Whether a text has a length that base64 can have: the digits stand in groups of four, and a last group of one holds no whole byte. Where
 * anything else stands between the digits they cannot be counted, and the server is left to judge.
 */
export function hasBase64Length(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length - padding) % 4 !== 1 || !isPlainBase64(text)
}
