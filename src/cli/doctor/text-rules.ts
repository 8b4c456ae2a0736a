import type { Rename } from '../../migrate/renames/rename.js'
import { connectionRename, eventsByName, modelPattern, modelRename, newName, sharedModels } from './catalog.js'

/** A use of the beta in a string. */
export interface TextMatch {
  readonly rename: Rename
  /** Offset in the string. */
  readonly index: number
  readonly text: string
  /** The replacement. `undefined` if the change needs a decision. */
  readonly replacement?: string
  /** More specific advice than the rename table has. */
  readonly fix?: string
}

/** The context of a string in the code. */
export interface TextContext {
  /** Whether an expression precedes the string: in a template, or on the left of a `+`. */
  readonly isContinued: boolean
  /** Whether the address is opened as a WebSocket, for example by `fetch` with an `Upgrade` header. Defaults to false. */
  readonly isUpgraded?: boolean
}

const sessions = connectionRename('POST /v1/realtime/sessions')
const transcriptionSessions = connectionRename('POST /v1/realtime/transcription_sessions')
const calls = connectionRename('POST /v1/realtime')
const azure = connectionRename('/openai/realtime')
const header = connectionRename('OpenAI-Beta: realtime=v1')
const subprotocol = connectionRename('openai-beta.realtime-v1')

/** Finds uses of the beta in the source of a string, without its quotes. */
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
      fix: `Use \`${newName(prefixed)}\`; the beta client that adds the prefix \`server.\` can no longer connect.`,
    }
  if (!text.includes('type')) return
  // An event as JSON inside a string.
  for (const match of text.matchAll(/\\?["']type\\?["']\s*:\s*\\?["']([a-z_.]+)/g)) {
    const rename = eventsByName.get(match[1] ?? '')
    if (rename) yield { rename, index: match.index + match[0].length - rename.from.length, text: rename.from }
  }
}

function* matchModels(text: string): Generator<TextMatch> {
  // A sentence that mentions a model does not select it.
  if (/\s/.test(text.trim())) return
  for (const match of text.matchAll(modelPattern)) {
    const rename = modelRename(match[0])
    if (rename && !sharedModels.has(match[0]))
      yield { rename, index: match.index, text: match[0], replacement: newName(rename) as string }
  }
}

function* matchUrls(text: string, { isContinued, isUpgraded }: TextContext): Generator<TextMatch> {
  const secrets = /(?:\bv1|^|[}])\/?realtime\/(transcription_)?sessions(?![\w-])/.exec(text)
  if (secrets && (secrets[0].startsWith('v1') || isContinued || secrets[0].startsWith('}'))) {
    const rename = secrets[1] ? transcriptionSessions : sessions
    const index = secrets.index + secrets[0].indexOf('realtime')
    yield { rename, index, text: `/v1/realtime/${secrets[1] ?? ''}sessions` }
  }
  const offer = /https:\/\/api\.openai\.com\/v1\/realtime(?=[?"'`\s]|$)/.exec(text)
  if (offer && !isUpgraded) yield { rename: calls, index: offer.index, text: offer[0] }
  // The path of a gateway may end in the same words: `/proxy/openai/realtime`.
  const deployment = /(?:^|}|:\/\/[^/\s"'`]+)(\/openai\/realtime)(?=[?"'`\s]|$)/.exec(text)
  if (deployment) {
    const index = deployment.index + deployment[0].length - '/openai/realtime'.length
    yield { rename: azure, index, text: '/openai/realtime' }
  }
}

function* matchConnection(text: string): Generator<TextMatch> {
  const line = /^\s*openai-beta\s*:\s*realtime=v1\s*$/i.exec(text)
  if (line) yield { rename: header, index: 0, text: text.trim() }
  const protocol = text.indexOf('openai-beta.realtime-v1')
  if (protocol >= 0) yield { rename: subprotocol, index: protocol, text: 'openai-beta.realtime-v1' }
}

/** Returns whether a name is the beta header of any API. */
export function isBetaHeader(name: string): boolean {
  return name.toLowerCase() === 'openai-beta'
}

/** Returns whether code uses the Realtime API. `response.text` and the like are also attributes of other APIs, so they count in quotes only. */
export function isRealtime(source: string): boolean {
  return /realtime[=-]v1|v1\/realtime|openai\/realtime|realtime-preview|gpt-realtime|["'`](?:server\.|client\.)?(?:session\.update|input_audio_buffer\.|response\.(?:create|cancel|audio|text|output_)|conversation\.item\.)|\.(?:session\.update|response\.create|conversation\.item\.create|input_audio_buffer\.append)\(|beta\.realtime|realtime-api-beta|RealtimeClient|input_audio_(?:format|transcription)|transcription_session/.test(
    source,
  )
}
