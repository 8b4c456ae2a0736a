import type { AudioFormatInput } from '../../protocol/audio-format.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import type { SessionConfig } from '../../protocol/session.js'
import type { TranscriptionSessionConfig } from '../../protocol/transcription-session.js'
import { type Refusal, refusals } from './refusals.js'

/** The built-in voices, in the order in which the service lists them. */
export const serviceVoices: readonly string[] = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
]

/** Maximum length of the identifiers of items and function calls that a client chooses. */
const maxIdLength = 32
const maxOutputTokens = 4096
const maxToolNameLength = 64
const toolName = '^[a-zA-Z0-9_-]+$'

type Config = SessionConfig | TranscriptionSessionConfig | ResponseCreateParams

/** A configuration with the fields of all kinds. */
interface AnyConfig {
  readonly audio?: {
    readonly input?: { readonly format?: AudioFormatInput }
    readonly output?: { readonly format?: AudioFormatInput; readonly voice?: unknown }
  }
  readonly tools?: ResponseCreateParams['tools']
  readonly max_output_tokens?: ResponseCreateParams['max_output_tokens']
}

/**
 * Returns why the service rejects a valid configuration: limits that the published schemas do not contain. The schemas of this library accept
 * such values, because compatible servers do.
 * @param at - Path of the configuration in the event.
 * @param voices - Names of the voices that exist.
 */
export function checkServiceLimits(
  config: Config,
  at: 'session' | 'response',
  voices: readonly string[],
): Refusal | undefined {
  const { audio, tools, max_output_tokens } = config as AnyConfig
  for (const side of ['input', 'output'] as const) {
    const format = audio?.[side]?.format
    if (format?.type === 'audio/pcm' && format.rate === undefined) {
      return refusals.missing(`${at}.audio.${side}.format.rate`)
    }
  }
  const voice = audio?.output?.voice
  if (typeof voice === 'string' && !voices.includes(voice)) {
    return refusals.invalidValue(`${at}.audio.output.voice`, voice, voices)
  }
  if (typeof max_output_tokens === 'number' && max_output_tokens > maxOutputTokens) {
    return refusals.aboveMaximum(`${at}.max_output_tokens`, 'integer', maxOutputTokens, max_output_tokens)
  }
  for (const [index, tool] of (tools ?? []).entries()) {
    if (tool.type !== 'function') continue
    const param = `${at}.tools[${index}].name`
    if (tool.name.length > maxToolNameLength) return refusals.tooLong(param, maxToolNameLength, tool.name.length)
    if (!new RegExp(toolName).test(tool.name)) return refusals.wrongPattern(param, toolName)
  }
  return undefined
}

/** Returns why the service rejects the identifiers of an item that a client creates. `param` is the path of the item. */
export function checkItemIds(
  item: { readonly id?: string | undefined; readonly call_id?: unknown },
  param: string,
): Refusal | undefined {
  for (const field of ['id', 'call_id'] as const) {
    const id = item[field]
    if (typeof id === 'string' && id.length > maxIdLength) {
      return refusals.tooLong(`${param}.${field}`, maxIdLength, id.length)
    }
  }
  return undefined
}
