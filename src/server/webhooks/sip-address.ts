/** Address of a SIP call. */
export interface SipAddress {
  /** Complete URI, such as `sip:+14155550123@example.com;user=phone`. */
  readonly uri: string
  /** Display name without quotes. */
  readonly displayName: string | undefined
  /** Part before `@`, or the number of a `tel:` URI. */
  readonly user: string | undefined
  /** Part after `@`, including the port. */
  readonly host: string | undefined
  /** The user if it is a telephone number, without separators: `+14155550123`, or an extension such as `100`. */
  readonly phoneNumber: string | undefined
}

/** Parses the value of `From` or `To` (RFC 3261 section 25.1). Returns `undefined` when it contains no address. */
export function readSipAddress(value: string | undefined): SipAddress | undefined {
  if (value === undefined) return undefined
  const { displayName, rest } = splitName(value.trim())
  const uri = uriOf(rest)
  const scheme = /^(sips?|tel):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  const target = uri.slice(uri.indexOf(':') + 1)
  const at = scheme === 'tel' ? -1 : target.lastIndexOf('@')
  const user = scheme === 'tel' ? before(target, /[;?]/) : at < 0 ? undefined : before(target.slice(0, at), /[;:]/)
  const host = scheme === 'tel' ? undefined : before(target.slice(at + 1), /[;?]/)
  return {
    uri,
    displayName,
    user: nonEmpty(unescaped(user)),
    host: nonEmpty(host),
    phoneNumber: phoneNumberOf(unescaped(user)),
  }
}

/** Splits off the display name: a quoted string, or the text before `<`. */
function splitName(value: string): { readonly displayName: string | undefined; readonly rest: string } {
  if (!value.startsWith('"')) {
    const bracket = value.indexOf('<')
    return {
      displayName: bracket < 0 ? undefined : nonEmpty(value.slice(0, bracket)),
      rest: value.slice(Math.max(0, bracket)),
    }
  }
  let name = ''
  let index = 1
  for (; index < value.length && value[index] !== '"'; index++) {
    if (value[index] === '\\') index++
    name += value[index] ?? ''
  }
  return { displayName: nonEmpty(name), rest: value.slice(index + 1).trim() }
}

/** Returns the URI in angle brackets, or without brackets the text before the header parameters. */
function uriOf(rest: string): string {
  if (!rest.startsWith('<')) return before(rest, /[;\s]/)
  const end = rest.indexOf('>')
  return end < 0 ? '' : rest.slice(1, end).trim()
}

function phoneNumberOf(user: string | undefined): string | undefined {
  if (user === undefined || !/^\+?[\d\s().-]+$/.test(user)) return undefined
  const digits = user.replace(/[\s().-]/g, '')
  return /\d/.test(digits) ? digits : undefined
}

function before(text: string, mark: RegExp): string {
  const end = text.search(mark)
  return end < 0 ? text : text.slice(0, end)
}

function unescaped(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text?.trim() || undefined
}
