import type { Rename } from '../../migrate/renames/rename.js'
import { connectionRename, eventsByName, modelPattern, modelRename, newName, sharedModels } from './catalog.js'

/** What a string says of the beta. */
export interface TextMatch {
  readonly rename: Rename
  /** Offset in the string. */
  readonly index: number
  readonly text: string
  /** What may stand there instead; without it the change needs judgement. */
  readonly replacement?: string
  /** Advice that is more exact than that of the table. */
  readonly fix?: string
}

/** How a string stands in the code. */
export interface TextContext {
  /** Whether something comes right before it: an expression in a template, or the left side of a `+`. */
  readonly isContinued: boolean
}

const sessions = connectionRename('POST /v1/realtime/sessions')
const transcriptionSessions = connectionRename('POST /v1/realtime/transcription_sessions')
const calls = connectionRename('POST /v1/realtime')
const azure = connectionRename('/openai/realtime')
const header = connectionRename('OpenAI-Beta: realtime=v1')
const subprotocol = connectionRename('openai-beta.realtime-v1')

/** What a string of code, as it stands in the source without its quotes, says of the beta. */
export function matchText(text: string, context: TextContext): readonly TextMatch[] {
  if (text.length < 7) return []
  return [...matchEvent(text), ...matchModels(text), ...matchUrls(text, context), ...matchConnection(text)]
}

function* matchEvent(text: string): Generator<TextMatch> {
  const exact = eventsByName.get(text)
  if (exact) {
    yield { rename: exact, index: 0, text, replacement: newName(exact) as string }
    return
  }
  const prefixed = text.startsWith('server.') ? eventsByName.get(text.slice(7)) : undefined
  if (prefixed)
    yield {
      rename: prefixed,
      index: 7,
      text: text.slice(7),
      fix: `Use \`${newName(prefixed)}\`; the client of the beta that says \`server.\` before it cannot connect any more.`,
    }
  if (!text.includes('type')) return
  // An event that is written down as JSON, in a string.
  for (const match of text.matchAll(/\\?["']type\\?["']\s*:\s*\\?["']([a-z_.]+)/g)) {
    const rename = eventsByName.get(match[1] ?? '')
    if (rename) yield { rename, index: match.index + match[0].length - rename.from.length, text: rename.from }
  }
}

function* matchModels(text: string): Generator<TextMatch> {
  // Prose that speaks of a model asks for none.
  if (/\s/.test(text.trim())) return
  for (const match of text.matchAll(modelPattern)) {
    const rename = modelRename(match[0])
    if (rename && !sharedModels.has(match[0]))
      yield { rename, index: match.index, text: match[0], replacement: newName(rename) as string }
  }
}

function* matchUrls(text: string, { isContinued }: TextContext): Generator<TextMatch> {
  const secrets = /(?:\bv1|^|[}])\/?realtime\/(transcription_)?sessions(?![\w-])/.exec(text)
  if (secrets && (secrets[0].startsWith('v1') || isContinued || secrets[0].startsWith('}'))) {
    const rename = secrets[1] ? transcriptionSessions : sessions
    const index = secrets.index + secrets[0].indexOf('realtime')
    yield { rename, index, text: `/v1/realtime/${secrets[1] ?? ''}sessions` }
  }
  const offer = /https:\/\/api\.openai\.com\/v1\/realtime(?=[?"'`\s]|$)/.exec(text)
  if (offer) yield { rename: calls, index: offer.index, text: offer[0] }
  const deployment = /\/openai\/realtime(?=[?"'`\s]|$)/.exec(text)
  if (deployment) yield { rename: azure, index: deployment.index, text: deployment[0] }
}

function* matchConnection(text: string): Generator<TextMatch> {
  const line = /^\s*openai-beta\s*:\s*realtime=v1\s*$/i.exec(text)
  if (line) yield { rename: header, index: 0, text: text.trim() }
  const protocol = text.indexOf('openai-beta.realtime-v1')
  if (protocol >= 0) yield { rename: subprotocol, index: protocol, text: 'openai-beta.realtime-v1' }
}

/** Whether a name is that of the header that asks for a beta of some API. */
export function isBetaHeader(name: string): boolean {
  return name.toLowerCase() === 'openai-beta'
}

/** Whether code has to do with the Realtime API at all. */
export function isRealtime(source: string): boolean {
  return /realtime[=-]v1|v1\/realtime|openai\/realtime|realtime-preview|gpt-realtime|session\.update|input_audio_buffer|response\.(?:create|audio|text|output)|conversation\.item|beta\.realtime|realtime-api-beta|RealtimeClient|input_audio_(?:format|transcription)|transcription_session/.test(
    source,
  )
}

/** Services and kits of others whose settings and events look like those of the beta, and are right as they are. */
const others =
  /\bapi\.x\.ai\b|\bgrok-voice|\bglm-(?:4-)?realtime|\bqwen[\w.-]*-realtime|\bapi\.stepfun\.|\bdashscope\b|\baliyuncs\.com\b|\bopen\.bigmodel\.cn\b|\bvoice-live\/realtime\b|\bazure_(?:semantic_vad|deep_noise_suppression)\b|generativelanguage\.googleapis|@google\/genai|\bgoogle\.(?:genai|adk)\b|\bfrom google import genai\b/i

// The header of the beta is no sign of it: some of the others ask for it, too.
const ours =
  /\bapi\.openai\.com\b|\bopenai\.azure\.com\b|openai\/realtime|beta\.realtime|realtime-api-beta|\bgpt-(?:4o-)?(?:mini-)?(?:realtime|transcribe)|\bOPENAI_API_KEY\b/i

/** Whether code speaks to services of others: to them alone, or to OpenAI as well. */
export function otherServicesIn(source: string): 'none' | 'some' | 'all' {
  if (!others.test(source)) return 'none'
  return ours.test(source) ? 'some' : 'all'
}
