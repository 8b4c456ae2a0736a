const tokens = {
  space: /[ \t\n\r]*/y,
  string: /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y,
  scalar: /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y,
}

/**
 * Returns the offset of the first syntax error in JSON, or `undefined` if there is none. The messages of `JSON.parse` contain it only in some
 * versions of Node.js.
 */
export function jsonErrorOffset(text: string): number | undefined {
  let at = 0

  function skip(token: RegExp): boolean {
    token.lastIndex = at
    const isFound = token.test(text)
    if (isFound) at = token.lastIndex
    return isFound
  }

  function take(character: string): boolean {
    skip(tokens.space)
    if (text[at] !== character) return false
    at += 1
    return true
  }

  function readList(end: string, readItem: () => boolean): boolean {
    if (take(end)) return true
    do {
      if (!readItem()) return false
    } while (take(','))
    return take(end)
  }

  function readMember(): boolean {
    skip(tokens.space)
    return skip(tokens.string) && take(':') && readValue()
  }

  function readValue(): boolean {
    if (take('{')) return readList('}', readMember)
    if (take('[')) return readList(']', readValue)
    return skip(tokens.string) || skip(tokens.scalar)
  }

  const isValue = readValue()
  skip(tokens.space)
  return isValue && at === text.length ? undefined : at
}
