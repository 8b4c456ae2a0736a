/** A part of a text that must not be stored. */
export interface TextMatch {
  /** Index of its first UTF-16 code unit. */
  readonly start: number
  /** Index after its last UTF-16 code unit. */
  readonly end: number
  /** What it is, for example `card number`. It replaces the part, in brackets. */
  readonly kind: string
}

/**
 * Finds the parts of a text that must not be stored. It receives complete texts, never parts of a stream. If it throws or returns something
 * else, the whole text is hidden.
 *
 * @example
 * ```ts
 * const detectNames: TextDetector = (text) =>
 *   [...text.matchAll(/Ada Lovelace/g)].map(({ index }) => ({ start: index, end: index + 12, kind: 'name' }))
 * ```
 */
export type TextDetector = (text: string) => readonly TextMatch[]

/**
 * Combines detectors into one that finds what any of them finds.
 * @example
 * ```ts
 * const redact = combineDetectors(detectCardNumbers, detectPhoneNumbers, detectEmailAddresses, detectNames)
 * ```
 */
export function combineDetectors(...detectors: readonly TextDetector[]): TextDetector {
  return (text) => detectors.flatMap((detect) => detect(text))
}

/** Returns the matches in order, without overlaps, or `undefined` when the detector failed. Overlapping matches become one. */
export function findMatches(text: string, detect: TextDetector): readonly TextMatch[] | undefined {
  let found: readonly TextMatch[]
  try {
    found = [...detect(text)].filter(({ start, end }) => end > start)
    if (!found.every(isMatch)) return undefined
  } catch {
    // The error may quote the text. Hiding the text is what its user can see.
    return undefined
  }
  const merged: TextMatch[] = []
  for (const match of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last && match.start < last.end) merged[merged.length - 1] = { ...last, end: Math.max(last.end, match.end) }
    else merged.push(match)
  }
  return merged
}

/**
 * Replaces the matches in a text by their kinds in brackets. JSON inside the text, such as the arguments of a function, is also searched in
 * its decoded form, because escape sequences can hide a match.
 */
export function redactText(text: string, detect: TextDetector): string {
  const decoded = parseJson(text)
  if (decoded === undefined) return redactPlain(text, detect)
  const redacted = redactJson(decoded, detect)
  return redactPlain(redacted === decoded ? text : JSON.stringify(redacted), detect)
}

/** Redacts the start of a text in the same way as the whole text, so that a match that continues after it is found. */
export function redactStart(text: string, start: string, detect: TextDetector): string {
  const matches = text.startsWith(start) ? findMatches(text, detect) : undefined
  if (!matches) return redactText(start, detect)
  return replaceMatches(
    start,
    matches.filter((match) => match.start < start.length),
  )
}

/** Whether a detector finds something in a text, or fails. */
export function hasMatch(text: string, detect: TextDetector): boolean {
  return redactText(text, detect) !== text
}

function redactPlain(text: string, detect: TextDetector): string {
  const matches = findMatches(text, detect)
  return matches ? replaceMatches(text, matches) : `[${text.length} chars]`
}

function replaceMatches(text: string, matches: readonly TextMatch[]): string {
  let redacted = ''
  let position = 0
  for (const { start, end, kind } of matches) {
    redacted += `${text.slice(position, start)}[${kind}]`
    position = end
  }
  return redacted + text.slice(position)
}

/** Redacts the strings and the names in a JSON value. Returns the value itself if nothing was found. */
function redactJson(value: unknown, detect: TextDetector): unknown {
  if (typeof value === 'string') return redactText(value, detect)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const elements = value.map((element) => redactJson(element, detect))
    return elements.some((element, index) => element !== value[index]) ? elements : value
  }
  const entries = Object.entries(value)
  const redacted = entries.map(([name, field]) => [redactPlain(name, detect), redactJson(field, detect)] as const)
  const isSame = redacted.every(([name, field], index) => name === entries[index]?.[0] && field === entries[index][1])
  return isSame ? value : Object.fromEntries(redacted)
}

function parseJson(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isMatch({ start, end, kind }: TextMatch): boolean {
  return Number.isInteger(start) && start >= 0 && Number.isInteger(end) && typeof kind === 'string'
}
