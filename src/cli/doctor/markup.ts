import type { Finding } from './finding.js'
import { stringFindings } from './string-literals.js'

/** Finds uses of the beta in the attributes and expressions of a page or component, outside of its scripts and styles. */
export function handlerFindings(markup: string): readonly Finding[] {
  const blanked = markup.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->/gi, (part) =>
    part.replace(/[^\n\r]/g, ' '),
  )
  return [...blanked.matchAll(/<[a-zA-Z](?:=>|[^<>])*>|\{[^{}]*\}/g)].flatMap(({ index, 0: text }) =>
    stringFindings(text, index),
  )
}

/**
 * Returns the scripts of a page or component at their offsets, with everything else blank, so that offsets and edits apply to the file.
 */
export function scriptsOf(markup: string): string {
  let code = ''
  let at = 0
  for (const match of markup.matchAll(/(<script\b[^>]*>)([\s\S]*?)<\/script\s*>/gi)) {
    const start = match.index + (match[1] ?? '').length
    const type = /\btype\s*=\s*["']?([^"'\s>]*)/i.exec(match[1] ?? '')?.[1] ?? ''
    const isCode = type === '' || /^(module|(text|application)\/(java|ecma|babel|jsx|type))/i.test(type)
    const text = match[2] ?? ''
    code += blank(markup.slice(at, start)) + (isCode ? text : blank(text))
    at = start + text.length
  }
  return code + blank(markup.slice(at))
}

// A semicolon separates the scripts of a page.
function blank(text: string): string {
  const spaces = text.replace(/[^\n\r]/g, ' ')
  return spaces.endsWith(' ') ? `${spaces.slice(0, -1)};` : spaces
}
