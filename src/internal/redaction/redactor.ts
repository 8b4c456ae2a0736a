import { redactText, type TextDetector } from './detector.js'

/** How text is written: its length, or the text itself. */
export type TextPolicy = 'length' | 'keep'

/** Options of {@link createRedactor}. */
export interface RedactorOptions {
  readonly text: TextPolicy
  /** Finds parts of the text that are replaced. */
  readonly redact?: TextDetector | undefined
}

const credential = '[credential]'

/** Fields with names, ids, and codes, which are kept. Strings in all other fields are treated as text. */
const plainNames = new Set([
  'type',
  'id',
  'object',
  'status',
  'role',
  'phase',
  'name',
  'model',
  'voice',
  'code',
  'param',
  'reason',
  'conversation',
  'output_modalities',
  'modalities',
  'input_audio_format',
  'output_audio_format',
  'max_output_tokens',
  'include',
  'tool_choice',
  'require_approval',
  'truncation',
  'eagerness',
  'effort',
  'language',
  'server_label',
  'startedAt',
])

/** Fields whose content is defined by the app. Names inside them have no meaning here. */
const ownNames = new Set(['metadata', 'variables'])

/** Metadata field with which a session correlates its responses. It contains an id. */
const correlationName = 'client_event_id'

/** Maximum length of a name or id. */
const longestName = 200

const credentialNames =
  /(authorization|apikey|secret|password|passwd|cookie|credentials?|signature|bearer|(access|refresh|auth|id|session)token)$|^token$/
const keys = /(?<![A-Za-z0-9])(?:ek|sk|whsec)[-_][\w.+/=~-]+|\bBearer\s+[^\s"']+|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/gi
const addressSecrets = /(\w:\/\/)(?:[^\s/@?#]+@)?([^\s?#"']*)(?:[?#][^\s"']*)?/g
const base64 = /^[A-Za-z0-9+/_-]{256,}={0,2}$/

/**
 * Returns a function that removes credentials and audio from an event, and its text (with `length`) or the parts of its text that `redact`
 * finds. Every string is text, except for names, ids, and codes.
 */
export function createRedactor({ text, redact }: RedactorOptions): (event: unknown) => unknown {
  function visit(value: unknown, name: string, owner: object, isOwn: boolean): unknown {
    if (value === null || value === '') return value
    if (isCredentialName(name)) return credential
    if (typeof value === 'string') return visitText(value, name, owner, isOwn)
    if (typeof value !== 'object') return value
    // The tokens of a text can split a match, as deltas can.
    if (name === 'logprobs') return text === 'keep' && !redact ? visitLogprobs(value) : lengthOf(value)
    if (Array.isArray(value)) return value.map((element) => visit(element, name, owner, isOwn))
    const hidesAll = name === 'headers'
    const entries = Object.entries(value).map(([key, field]) => [
      redactContent(scrub(key)),
      hidesAll && field !== null ? credential : visit(field, key, value, isOwn || ownNames.has(name)),
    ])
    return Object.fromEntries(entries)
  }

  function visitText(value: string, name: string, owner: object, isOwn: boolean): string {
    if (isAudio(name, owner)) return `[${base64Bytes(value)} bytes of audio]`
    const data = /^data:[^,]*,/.exec(value)
    if (data) return `[${base64Bytes(value.slice(data[0].length))} bytes of data]`
    if (base64.test(value)) return `[${base64Bytes(value)} bytes]`
    if (isIdentifier(value, name, owner, isOwn)) return name === 'reason' ? redactContent(scrub(value)) : scrub(value)
    if (text === 'keep' && !(redact && isPartOfStream(owner, name))) return redactContent(scrub(value))
    return `[${value.length} chars]`
  }

  function redactContent(value: string): string {
    return redact ? redactText(value, redact) : value
  }

  return (event) => visit(event, '', {}, false)
}

/** Returns a JSON value with the parts of its texts replaced that `redact` finds. Audio, images, and credentials stay as they are. */
export function redactTexts<Value>(value: Value, redact: TextDetector): Value {
  function visit(field: unknown, name: string, owner: object, isOwn: boolean): unknown {
    if (typeof field === 'string') {
      const isData = isAudio(name, owner) || /^data:[^,]*,/.test(field) || base64.test(field)
      return isData || isIdentifier(field, name, owner, isOwn) ? field : redactText(field, redact)
    }
    if (typeof field !== 'object' || field === null) return field
    // The tokens of a text can split a match.
    if (name === 'logprobs') return null
    if (Array.isArray(field)) return field.map((element) => visit(element, name, owner, isOwn))
    const entries = Object.entries(field).map(([key, inner]) => [
      isOwn ? redactText(key, redact) : key,
      visit(inner, key, field, isOwn || ownNames.has(name)),
    ])
    return Object.fromEntries(entries)
  }
  return visit(value, '', {}, false) as Value
}

/** Whether a string is a name, an id, or a code, and not text. `isOwn`: the app chooses the names of the fields, as in metadata. */
function isIdentifier(value: string, name: string, owner: object, isOwn: boolean): boolean {
  const isNamed = isOwn ? name === correlationName : plainNames.has(name) || name.endsWith('_id')
  return isNamed && isNameLike(value, name, owner)
}

/** Fields for names and codes sometimes contain text, which has spaces. The reason of a close is never spoken text. */
function isNameLike(value: string, name: string, owner: object): boolean {
  const isCloseReason = name === 'reason' && 'type' in owner && owner.type === 'close'
  return value.length <= longestName && (isCloseReason || !/\s/.test(value))
}

/**
 * Whether a text is a part of a longer one. A match can be split over several parts, so a detector has to receive the whole text, which a
 * later event contains.
 */
function isPartOfStream(owner: object, name: string): boolean {
  if (name === 'delta') return true
  return 'type' in owner && typeof owner.type === 'string' && /\.(delta|segment)$/.test(owner.type)
}

/** Logprobs contain the field `token`, which is also a name for credentials. */
function visitLogprobs(value: object): unknown {
  return JSON.parse(scrub(JSON.stringify(value)))
}

function lengthOf(value: object): string {
  return `[${Array.isArray(value) ? value.length : 1} logprobs]`
}

function isCredentialName(name: string): boolean {
  return credentialNames.test(name.toLowerCase().replace(/[-_]/g, ''))
}

function isAudio(name: string, owner: object): boolean {
  if (name === 'audio') return true
  return name === 'delta' && 'type' in owner && typeof owner.type === 'string' && /[._]audio\.delta$/.test(owner.type)
}

/** Removes keys from text, and the parts of URLs that can contain one. */
function scrub(value: string): string {
  return value.replace(addressSecrets, '$1$2').replace(keys, credential)
}

function base64Bytes(value: string): number {
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0
  return Math.floor((value.length * 3) / 4) - padding
}
