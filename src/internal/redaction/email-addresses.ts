import type { TextMatch } from './detector.js'

const longestLocalPart = 64
const longestDomain = 255

/** Spoken addresses are transcribed as "ada at example dot com". Each part has a limit, so the time stays linear. */
const spoken = /(?<![\w.+-])[\w.+-]{1,64}(?: dot [\w+-]{1,64}){0,3} at [\w-]{1,63}(?: dot [\w-]{2,63}){1,4}(?![\w-])/gi

/**
 * Finds e-mail addresses, also as "ada at example dot com".
 *
 * @example
 * ```ts
 * detectEmailAddresses('Write to ada@example.com.') // [{ start: 9, end: 24, kind: 'e-mail address' }]
 * ```
 */
export function detectEmailAddresses(text: string): readonly TextMatch[] {
  const matches: TextMatch[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const match = addressAround(text, at)
    if (match) matches.push(match)
  }
  for (const { index, 0: found } of text.matchAll(spoken))
    matches.push({ start: index, end: index + found.length, kind: 'e-mail address' })
  return matches
}

/** Reads outwards from an "@". Both directions have a limit, so the time stays linear. */
function addressAround(text: string, at: number): TextMatch | undefined {
  const before = text.slice(Math.max(0, at - longestLocalPart), at)
  const local = /[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]*$/u.exec(before)?.[0] ?? ''
  const after = text.slice(at + 1, at + 1 + longestDomain)
  const domain = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+/u.exec(after)?.[0]
  if (local === '' || domain === undefined) return undefined
  return { start: at - local.length, end: at + 1 + domain.length, kind: 'e-mail address' }
}
