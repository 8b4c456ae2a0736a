import { escapeMarkup } from '../../../internal/escape-markup.js'

/** A piece of HTML. Only {@link html} and {@link trusted} create it, so that text of a recording is always escaped. */
export interface Html {
  readonly markup: string
}

type Value = Html | string | number | undefined | false | readonly Value[]

/** Template tag that escapes each value, unless it is HTML itself. `undefined` and `false` are left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { markup: strings.map((text, index) => text + markupOf(values[index])).join('') }
}

/** Marks a text of this package as HTML. */
export function trusted(markup: string): Html {
  return { markup }
}

/** Returns JSON for a `<script>` element. */
export function jsonForScript(value: unknown): Html {
  return trusted(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  )
}

function markupOf(value: Value): string {
  if (value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map(markupOf).join('')
  if (typeof value === 'object') return (value as Html).markup
  return escapeMarkup(String(value))
}
