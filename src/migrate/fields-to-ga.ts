import { getIn, has, isJson, type Json, type Path, removeIn, setIn } from './json.js'
import type { Notes } from './migration.js'
import type { Rename } from './renames/rename.js'
import { responseFieldRenames } from './renames/response-fields.js'
import { sessionFieldRenames, transcriptionFieldRenames } from './renames/session-fields.js'
import { betaFormats } from './renames/values.js'

/** Renames of the fields of an object. */
interface Place {
  readonly renames: readonly Rename[]
  /** Name of the object in paths. */
  readonly name: string
}

const session: Place = { renames: sessionFieldRenames, name: 'session' }
const transcription: Place = { renames: transcriptionFieldRenames, name: 'session' }
const response: Place = { renames: responseFieldRenames, name: 'response' }

/** Translates session settings to GA. A session with a `type` is one of GA that may contain fields of the beta. */
export function sessionToGA(settings: Json, kind: 'realtime' | 'transcription', notes: Notes): Json {
  const { type, ...rest } = settings
  const isTyped = type === 'realtime' || type === 'transcription'
  const newType = isTyped ? type : kind
  if (type !== undefined && !isTyped)
    notes.dropped.push({ path: 'session.type', value: type, reason: 'A session is `realtime` or `transcription`.' })
  return { type: newType, ...moveAll(rest, newType === 'realtime' ? session : transcription, notes) }
}

/** Translates the fields of a response, or of `response.create`, to GA. */
export function responseToGA(fields: Json, notes: Notes): Json {
  return moveAll(fields, response, notes)
}

function moveAll(settings: Json, { renames, name }: Place, notes: Notes): Json {
  let moved = settings
  for (const { from, to, reason } of renames) {
    if (!has(moved, from)) continue
    const value = moved[from]
    moved = removeIn(moved, [from])
    const drop = (why: string) => notes.dropped.push({ path: `${name}.${from}`, value, reason: why })
    if (typeof to !== 'string') {
      drop(reason)
      continue
    }
    const path = to.split('.')
    if (from === 'custom_voice_id') moved = withCustomVoice(moved, value, name, notes)
    else if (hasAt(moved, path)) drop(`"${to}" is present too.`)
    else moved = setIn(moved, path, valueToGA(path, value, `${name}.${from}`, notes))
  }
  return toolsToGA(moved, name, notes)
}

/** Sets a custom voice, which replaces the built-in voice. The beta sends null in sessions without one. */
function withCustomVoice(settings: Json, id: unknown, name: string, notes: Notes): Json {
  const path = ['audio', 'output', 'voice']
  const drop = (field: string, value: unknown, reason: string) =>
    notes.dropped.push({ path: `${name}.${field}`, value, reason })
  if (typeof id !== 'string') {
    drop('custom_voice_id', id, 'The session has no custom voice.')
    return settings
  }
  const named = getIn(settings, path)
  if (named !== undefined && named !== null) drop('voice', named, 'The custom voice replaces it.')
  return setIn(settings, path, { id })
}

function hasAt(root: Json, path: Path): boolean {
  return has(getIn(root, path.slice(0, -1)), String(path.at(-1)))
}

/** Translates the value of a field. An invalid value is returned unchanged; `repair` handles it. */
function valueToGA(path: Path, value: unknown, from: string, notes: Notes): unknown {
  switch (path.at(-1)) {
    case 'format':
      return typeof value === 'string' ? formatToGA(value) : value
    case 'output_modalities':
      return modalitiesToGA(value)
    case 'turn_detection':
      return turnDetectionToGA(value, from, notes)
    case 'voice':
      return voiceToGA(value, from, notes)
    default:
      return value
  }
}

function formatToGA(name: string): Json {
  if (Object.hasOwn(betaFormats, name)) return betaFormats[name as keyof typeof betaFormats]
  // Some Azure servers append the sample rate to the name.
  const rate = /^pcm16[-_](\d+)hz$/i.exec(name)?.[1]
  return rate === undefined ? { type: name } : { type: 'audio/pcm', rate: Number(rate) }
}

function modalitiesToGA(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  // In GA, audio output includes its transcript, so `text` beside `audio` is omitted.
  if (value.includes('audio') && value.every((modality) => modality === 'audio' || modality === 'text'))
    return ['audio']
  return value
}

function turnDetectionToGA(value: unknown, path: string, notes: Notes): unknown {
  if (!isJson(value)) return value
  const { type, ...rest } = value
  if (type === 'none') {
    if (Object.keys(rest).length > 0) notes.dropped.push({ path, value, reason: 'Turn detection is off.' })
    return null
  }
  if (type !== undefined && type !== null) return value
  notes.assumed.push({ path: `${path}.type`, value: 'server_vad' })
  return { type: 'server_vad', ...rest }
}

/** Azure represents a voice as an object with a name. */
function voiceToGA(value: unknown, path: string, notes: Notes): unknown {
  if (!isJson(value) || typeof value.name !== 'string') return value
  notes.dropped.push({ path, value, reason: 'In GA a built-in voice is a string.' })
  return value.name
}

const toolChoices: readonly unknown[] = ['none', 'auto', 'required']

/** Adds missing tool types, and expands a `tool_choice` that is only a name. */
function toolsToGA(settings: Json, name: string, notes: Notes): Json {
  const { tools, tool_choice: choice } = settings
  let moved = settings
  if (Array.isArray(tools) && tools.some(isUntyped)) {
    const typed = tools.map((tool: unknown, index) => {
      if (!isUntyped(tool)) return tool
      notes.assumed.push({ path: `${name}.tools[${index}].type`, value: 'function' })
      return { type: 'function', ...tool }
    })
    moved = setIn(moved, ['tools'], typed)
  }
  if (typeof choice !== 'string' || toolChoices.includes(choice)) return moved
  return setIn(moved, ['tool_choice'], { type: 'function', name: choice })
}

function isUntyped(tool: unknown): tool is Json {
  return has(tool, 'name') && !has(tool, 'type')
}
