/** What a source file shows about the service that it connects to. */
export interface Evidence {
  /** Whether it names a host, package, key, or model of OpenAI. */
  readonly isOpenAi: boolean
  /** The host, model, or SDK of another service with an API like the Realtime API. */
  readonly other: string | undefined
  /** Another host that is opened as a WebSocket. Next to OpenAI, it may be anything, such as a telephone stream. */
  readonly socket: string | undefined
  /** The key of another service, which does not show what it is used for. */
  readonly key: string | undefined
}

/**
 * The service that a file belongs to. Findings of `mixed` files are reported and not fixed, because a name may belong to either service.
 * `other` files are left out.
 */
export type Service =
  | { readonly kind: 'openai' }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'other'; readonly name: string }

const nothing: Evidence = { isOpenAi: false, other: undefined, socket: undefined, key: undefined }

// The header `OpenAI-Beta` does not count: other services ask for it, too.
const openAi =
  /\bopenai\.azure\.com\b|\bapi\.openai\.com\b|\b(?:from|import|require\()\s*\(?\s*["']openai(?:\/[^"']*)?["']|^\s*(?:from|import)\s+openai\b|["']@openai\/|openai\/realtime\b(?!-)|\bbeta\.realtime\b|realtime-api-beta|\bgpt-(?:4o-)?(?:mini-)?(?:realtime|transcribe)|\bOPENAI_|\bAZURE_OPENAI_/im

/** SDKs of other services. They contain the address, so that the code does not show it. */
const sdks = /@google\/genai\b|\bgoogle\.(?:genai|adk)\b|\bfrom\s+google\s+import\s+genai\b|\bimport\s+dashscope\b/

const address = /\b(wss?|https?):\/\/([\w.-]+\.[a-z]{2,})(?::\d+)?([^\s"'`]*)/gi
const openAiHost = /(?:^|\.)openai\.com$|(?:^|\.)(?:openai|cognitiveservices|services\.ai)\.azure\.com$/i
const reservedHost = /(?:^|\.)(?:example\.(?:com|org|net)|test|example|local|internal|invalid|localhost)$/i
const modelName = /\bmodel\w*["']?\s*(?:[:=]|\?\?|\|\|)\s*["'`]([\w./:-]+)["'`]/gi
const modelInAddress = /[?&]model=([\w./:-]+)/g
const vendorKey = /\b([A-Z][A-Z\d]*)(?:_[A-Z\d]+)*_(?:API_KEY|API_TOKEN)\b/g
const anyVendor =
  /^(?:OPENAI|AZURE|API|MY|YOUR|APP|SERVER|CLIENT|LLM|AI|REALTIME|TEST|USER|SERVICE|INTERNAL|PUBLIC|NEXT|VITE|REACT|EXPO)$/

/** Returns what the code of a file shows. Comments do not count. */
export function evidenceOf(source: string): Evidence {
  const code = withoutComments(source)
  return {
    isOpenAi: openAi.test(code),
    other: otherHost(code) ?? otherModel(code) ?? sdks.exec(code)?.[0],
    socket: otherSocket(code),
    key: otherKey(code),
  }
}

/** Returns whether an address belongs to another service with an API like the Realtime API. */
export function isOtherAddress(text: string): boolean {
  return otherHost(text) !== undefined
}

/** Combines what related files show. */
export function combine(all: readonly Evidence[]): Evidence {
  return all.reduce(
    (sum, each) => ({
      isOpenAi: sum.isOpenAi || each.isOpenAi,
      other: sum.other ?? each.other,
      socket: sum.socket ?? each.socket,
      key: sum.key ?? each.key,
    }),
    nothing,
  )
}

/** Decides which service a file belongs to. Files that show nothing are judged by their neighbors, and then by their package. */
export function serviceOf(own: Evidence, neighbors: () => Evidence, around: () => Evidence): Service {
  if (showsAny(own)) return decide(own)
  const near = neighbors()
  if (showsAny(near)) return decide(near)
  const all = around()
  return showsAny(all) && !all.isOpenAi ? { kind: 'mixed' } : { kind: 'openai' }
}

function showsAny({ isOpenAi, other, socket, key }: Evidence): boolean {
  return isOpenAi || (other ?? socket ?? key) !== undefined
}

function decide({ isOpenAi, other, socket, key }: Evidence): Service {
  if (isOpenAi) return { kind: other === undefined ? 'openai' : 'mixed' }
  const name = other ?? socket
  if (name !== undefined) return { kind: 'other', name }
  return { kind: key === undefined ? 'openai' : 'mixed' }
}

function otherHost(code: string): string | undefined {
  for (const [, , host = '', path = ''] of code.matchAll(address)) {
    if (reservedHost.test(host)) continue
    const isOther = openAiHost.test(host) ? /voice-live\/realtime/.test(path) : /realtime/i.test(path)
    // A page of a service's documentation is not dialed.
    if (isOther && !/^(?:docs|platform|developers?|www|github)\./i.test(host) && host !== 'github.com') return host
  }
  return undefined
}

function otherSocket(code: string): string | undefined {
  for (const [, scheme = '', host = ''] of code.matchAll(address))
    if (scheme.toLowerCase().startsWith('ws') && !openAiHost.test(host) && !reservedHost.test(host)) return host
  return undefined
}

function otherModel(code: string): string | undefined {
  for (const [, name = ''] of [...code.matchAll(modelName), ...code.matchAll(modelInAddress)])
    if (/realtime|omni|voice|live/i.test(name) && !/gpt-/i.test(name) && /[\d/]|-realtime/i.test(name)) return name
  return /\bazure_(?:semantic_vad|deep_noise_suppression)\b|voice-live\/realtime/.exec(code)?.[0]
}

function otherKey(code: string): string | undefined {
  for (const [key, vendor = ''] of code.matchAll(vendorKey)) if (!anyVendor.test(vendor)) return key
  return undefined
}

function withoutComments(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)(?:\/\/|#)[^\n]*/g, '$1')
    .replace(/<!--[\s\S]*?-->/g, '')
}
