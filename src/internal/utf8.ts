/** Returns the number of UTF-8 bytes of a text. A lone surrogate counts as three, because it is sent as U+FFFD. */
export function utf8Length(text: string): number {
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4
  }
  return length
}

/**
 * Decodes UTF-8.
 * @throws {TypeError} When the value is not a buffer or a view, or the runtime has no `TextDecoder`.
 */
export function decodeUtf8(bytes: ArrayBuffer | ArrayBufferView): string {
  // Older versions of React Native lack it. Servers send text frames, so it is rarely needed.
  if (typeof TextDecoder !== 'function') throw new TypeError('this runtime has no TextDecoder to decode a binary frame')
  return new TextDecoder().decode(bytes as ArrayBuffer)
}
