/** How text is written: its length, or the text itself. */
export type TextPolicy = 'length' | 'keep'

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

/** Returns a function that removes credentials, audio, and (with `length`) text from an event. */
export function createRedactor(text: TextPolicy): (event: unknown) => unknown {
  function visit(value: unknown, name: string, owner: object, isOwn: boolean): unknown {
    if (value === null || value === '') return value
    if (isCredentialName(name)) return credential
    if (typeof value === 'string') return visitText(value, name, owner, isOwn)
    if (typeof value !== 'object') return value
    if (name === 'logprobs') return text === 'keep' ? visitLogprobs(value) : lengthOf(value)
    if (Array.isArray(value)) return value.map((element) => visit(element, name, owner, isOwn))
    const hidesAll = name === 'headers'
    const entries = Object.entries(value).map(([key, field]) => [
      scrub(key),
      hidesAll && field !== null ? credential : visit(field, key, value, isOwn || ownNames.has(name)),
    ])
    return Object.fromEntries(entries)
  }

  function visitText(value: string, name: string, owner: object, isOwn: boolean): string {
    if (isAudio(name, owner)) return `[${base64Bytes(value)} bytes of audio]`
    const data = /^data:[^,]*,/.exec(value)
    if (data) return `[${base64Bytes(value.slice(data[0].length))} bytes of data]`
    if (base64.test(value)) return `[${base64Bytes(value)} bytes]`
    const isPlain = isOwn ? name === correlationName : plainNames.has(name) || name.endsWith('_id')
    if (text === 'keep' || (isPlain && isNameLike(value, name, owner))) return scrub(value)
    return `[${value.length} chars]`
  }

  return (event) => visit(event, '', {}, false)
}

/** Fields for names and codes sometimes contain text, which has spaces. The reason of a close is never spoken text. */
function isNameLike(value: string, name: string, owner: object): boolean {
  const isCloseReason = name === 'reason' && 'type' in owner && owner.type === 'close'
  return value.length <= longestName && (isCloseReason || !/\s/.test(value))
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
