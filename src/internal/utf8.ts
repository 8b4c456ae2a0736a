/** Returns the number of bytes of a text in UTF-8. Half a character counts as three, as it is sent as U+FFFD. */
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
 * @throws {TypeError} when the value is no bytes, or the runtime cannot decode text.
 */
export function decodeUtf8(bytes: ArrayBuffer | ArrayBufferView): string {
  // Not every version of React Native has it; servers send text frames, so it is rarely needed.
  if (typeof TextDecoder !== 'function') throw new TypeError('this runtime has no TextDecoder for a binary frame')
  return new TextDecoder().decode(bytes as ArrayBuffer)
}
