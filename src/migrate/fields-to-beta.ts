import { getIn, has, isJson, type Json, removeIn } from './json.js'
import type { Notes } from './migration.js'
import type { Rename } from './renames/rename.js'
import { responseFieldRenames } from './renames/response-fields.js'
import { sessionFieldRenames, transcriptionFieldRenames } from './renames/session-fields.js'
import { betaFormats } from './renames/values.js'

export type Side = 'client' | 'server'

/* Client fields that the beta accepted, in addition to renamed fields. Servers of the beta rejected events with other fields. */
const sessionFields = new Set(['model', 'instructions', 'tools', 'tool_choice', 'tracing', 'include'])
const responseFields = new Set([
  'instructions',
  'tools',
  'tool_choice',
  'max_output_tokens',
  'conversation',
  'metadata',
  'input',
])

const unknownFieldReason = 'Servers of the beta reject events with unknown fields.'

/** Translates session settings to the beta: flat, and without a type. */
export function sessionToBeta({ type, ...settings }: Json, side: Side, notes: Notes): Json {
  const renames = type === 'transcription' ? transcriptionFieldRenames : sessionFieldRenames
  return flatten(settings, { renames, known: sessionFields, name: 'session', side, notes })
}

/** Translates the fields of a response, or of `response.create`, to the beta. */
export function responseToBeta(fields: Json, side: Side, notes: Notes): Json {
  return flatten(fields, { renames: responseFieldRenames, known: responseFields, name: 'response', side, notes })
}

interface Flattening {
  readonly renames: readonly Rename[]
  readonly known: ReadonlySet<string>
  readonly name: string
  readonly side: Side
  readonly notes: Notes
}

function flatten(settings: Json, options: Flattening): Json {
  const { renames, known, name, side, notes } = options
  const flat: Record<string, unknown> = {}
  let rest = settings
  const voice = getIn(rest, ['audio', 'output', 'voice'])
  if (isJson(voice) && side === 'server') {
    // The beta had a separate field for custom voices.
    flat.custom_voice_id = voice.id
    rest = removeIn(rest, ['audio', 'output', 'voice'])
  }
  for (const { from, to, isReversible } of renames) {
    if (!isReversible || typeof to !== 'string') continue
    const path = to.split('.')
    const value = getIn(rest, path)
    if (value === undefined) continue
    rest = removeIn(rest, path)
    const old = valueToBeta(from, value, `${name}.${to}`, options)
    if (old !== undefined) flat[from] = old
  }
  for (const path of [['audio', 'input'], ['audio', 'output'], ['audio']]) {
    const left = getIn(rest, path)
    if (isJson(left) && Object.keys(left).length === 0) rest = removeIn(rest, path)
  }
  for (const [key, value] of Object.entries(rest)) {
    if (side === 'client' && !known.has(key))
      notes.dropped.push({ path: `${name}.${key}`, value, reason: unknownFieldReason })
    else flat[key] = key === 'tools' && side === 'client' ? toolsToBeta(value, name, notes) : value
  }
  return flat
}

/** Translates the value of a field, or returns `undefined` when the beta has no equivalent. */
function valueToBeta(from: string, value: unknown, path: string, { side, notes }: Flattening): unknown {
  const drop = (reason: string, what: unknown = value, where = path) => {
    notes.dropped.push({ path: where, value: what, reason })
    return undefined
  }
  switch (from) {
    case 'modalities':
      return Array.isArray(value) && value.length === 1 && value[0] === 'audio' ? ['audio', 'text'] : value
    case 'input_audio_format':
    case 'output_audio_format':
      return formatToBeta(value, side, drop)
    case 'voice':
      return isJson(value) ? drop('Clients of the beta could not select a custom voice.') : value
    default:
      if (side === 'server' || !isJson(value)) return value
      return Object.fromEntries(
        Object.entries(value).filter(([key, inner]) => {
          const isNew = newFields[from]?.has(key) === true
          if (isNew) drop(unknownFieldReason, inner, `${path}.${key}`)
          return !isNew
        }),
      )
  }
}

/** Fields inside settings that were added after the beta. */
const newFields: Readonly<Record<string, ReadonlySet<string>>> = {
  turn_detection: new Set(['idle_timeout_ms']),
  input_audio_transcription: new Set(['languages', 'keywords', 'delay']),
  input_audio_noise_reduction: new Set(['strength']),
}

function formatToBeta(value: unknown, side: Side, drop: (reason: string) => undefined): unknown {
  if (!isJson(value)) return value
  const { type, rate = 24000 } = value
  for (const [name, format] of Object.entries(betaFormats)) {
    if (format.type !== type) continue
    if (type !== 'audio/pcm' || rate === 24000 || rate === null) return name
    return side === 'server' ? `pcm16_${String(rate)}hz` : drop('The beta supported PCM at 24 kHz only.')
  }
  return side === 'server' ? type : drop('The beta did not support this format.')
}

function toolsToBeta(tools: unknown, name: string, notes: Notes): unknown {
  if (!Array.isArray(tools)) return tools
  return tools.filter((tool, index) => {
    const isFunction = !has(tool, 'type') || tool.type === 'function'
    if (!isFunction)
      notes.dropped.push({
        path: `${name}.tools[${index}]`,
        value: tool,
        reason: 'The beta supported function tools only.',
      })
    return isFunction
  })
}

/** Returns whether a GA session is a transcription session. The beta had separate event types for these. */
export function isTranscription(session: unknown): boolean {
  return has(session, 'type') && session.type === 'transcription'
}
