/** A Python token. Comments are omitted. */
export interface Token {
  readonly kind: 'string' | 'name' | 'sign' | 'line'
  readonly text: string
  readonly start: number
  readonly end: number
  /** For a string: the content between the quotes, and its start. */
  readonly value: string
  readonly valueStart: number
  /** For a string: whether it is a statement of its own, such as a docstring. */
  readonly isAlone: boolean
}

const namePattern = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y
const quotePattern = /([A-Za-z]{0,3})("""|'''|"|')/y

/** Splits Python into strings, names, signs, and line ends. Terminates for any input. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let depth = 0

  const push = (
    kind: Token['kind'],
    start: number,
    end: number,
    valueStart = start,
    valueEnd = end,
    isAlone = false,
  ) => {
    tokens.push({
      kind,
      text: source.slice(start, end),
      start,
      end,
      value: source.slice(valueStart, valueEnd),
      valueStart,
      isAlone,
    })
    at = end
  }

  while (at < source.length) {
    const char = source.charAt(at)
    if (char === '#') {
      const end = source.indexOf('\n', at)
      at = end < 0 ? source.length : end
    } else if (char === '\n') {
      if (depth === 0) push('line', at, at + 1)
      else at += 1
    } else if (/\s/.test(char)) at += 1
    else if (char === '\\') at += 2
    else if (readString()) continue
    else if (readName()) continue
    else {
      if ('([{'.includes(char)) depth += 1
      if (')]}'.includes(char)) depth = Math.max(0, depth - 1)
      push('sign', at, at + 1)
    }
  }
  return tokens

  function readString(): boolean {
    quotePattern.lastIndex = at
    const match = quotePattern.exec(source)
    if (match === null || !/^[rbuft]*$/i.test(match[1] ?? '')) return false
    const quote = match[2] as string
    const valueStart = at + match[0].length
    const valueEnd = endOfString(quote, valueStart)
    const before = tokens.at(-1)
    const isAlone = depth === 0 && (before === undefined || before.kind === 'line')
    push('string', at, Math.min(valueEnd + quote.length, source.length), valueStart, valueEnd, isAlone)
    return true
  }

  function endOfString(quote: string, from: number): number {
    for (let end = from; end < source.length; end += 1) {
      if (source.charAt(end) === '\\') end += 1
      else if (source.startsWith(quote, end)) return end
      // An unclosed quote ends with its line.
      else if (quote.length === 1 && source.charAt(end) === '\n') return end
    }
    return source.length
  }

  function readName(): boolean {
    namePattern.lastIndex = at
    const match = namePattern.exec(source)
    if (match === null) return false
    push('name', at, at + match[0].length)
    return true
  }
}
