import { randomBytes } from '../../internal/id.js'
/** Splits text into deltas as a model streams it: words with the preceding space, and punctuation. The joined deltas are the text. */
export function splitText(text: string): string[] {
  return text.match(/\s*[\p{L}\p{N}’'_]{1,12}|\s*[^\s\p{L}\p{N}]+|\s+/gu) ?? []
}

/** Splits JSON text into deltas as a model streams function arguments. */
export function splitArguments(json: string): string[] {
  return json.match(/[\p{L}\p{N}_.-]+|[^\p{L}\p{N}_.-]{1,4}/gu) ?? []
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Returns the `obfuscation` padding, which makes every delta at least 16 characters long. */
export function obfuscationFor(piece: string): string {
  const length = Math.max(1, 16 - (piece.length % 16))
  let noise = ''
  for (const byte of randomBytes(length)) noise += alphabet[byte % alphabet.length]
  return noise
}
