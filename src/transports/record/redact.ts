/** What becomes of words: their length, or themselves. */
export type TextPolicy = 'length' | 'keep'

const credential = '[credential]'

/** Fields that name or number things, and so may stay; what is in any other is taken for words. */
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

/** Fields whose content is the application's own, whatever its fields are called. */
const ownNames = new Set(['metadata', 'variables'])

/** The field by which a session knows its responses; it holds an id. */
const correlationName = 'client_event_id'

/** Names and ids are short. */
const longestName = 200

const credentialNames =
  /(authorization|apikey|secret|password|passwd|cookie|credentials?|signature|bearer|(access|refresh|auth|id|session)token)$|^token$/
const keys = /(?<![A-Za-z0-9])(?:ek|sk|whsec)[-_][\w.+/=~-]+|\bBearer\s+[^\s"']+|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/gi
const addressSecrets = /(\w:\/\/)(?:[^\s/@?#]+@)?([^\s?#"']*)(?:[?#][^\s"']*)?/g
const base64 = /^[A-Za-z0-9+/_-]{256,}={0,2}$/

/** A function that takes out of an event what a log must not hold; it reads no more of the event than names and shapes. */
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

/** Where names and codes belong, there are sometimes words; those have spaces. Why a connection closed is not said by any speaker. */
function isNameLike(value: string, name: string, owner: object): boolean {
  const isCloseReason = name === 'reason' && 'type' in owner && owner.type === 'close'
  return value.length <= longestName && (isCloseReason || !/\s/.test(value))
}

/** Tokens of words, which are called as keys are. */
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

/** Text without keys in it, and without the parts of addresses that may hold one. */
function scrub(value: string): string {
  return value.replace(addressSecrets, '$1$2').replace(keys, credential)
}

function base64Bytes(value: string): number {
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0
  return Math.floor((value.length * 3) / 4) - padding
}
