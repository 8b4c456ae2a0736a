import { Comment, CommentTag, type ProjectReflection, type Reflection, ReflectionKind } from 'typedoc'

/** The category of exports by the source file that declares them. The first match applies. The navigation has the same order. */
const categories: readonly (readonly [pattern: RegExp, category: string])[] = [
  [/\/errors?\.ts$/, 'Errors'],
  [/^src\/session\//, 'Sessions'],
  [/^src\/transports\/(recording|record\/)/, 'Recording'],
  [/^src\/(transports\/(logging|debug\/)|features\/debug\/)/, 'Debugging'],
  [/^src\/transports\//, 'Transports'],
  [/^src\/features\/tools\//, 'Tools'],
  [/^src\/features\/agents\//, 'Agents'],
  [/^src\/features\/guardrails\//, 'Guardrails'],
  [/^src\/features\/transcript\//, 'Transcripts'],
  [/^src\/features\/usage\//, 'Usage'],
  [/^src\/features\/latency\//, 'Latency'],
  [/^src\/features\/fallback\//, 'Fallback'],
  [/^src\/features\/interruption\//, 'Interruption'],
  [/^src\/protocol\/(codec|parse-frame|encode-audio|event-map|invalid-event|serialize|open)/, 'Codecs'],
  [/^src\/protocol\/(client-events|server-events|translation-events|events\/)/, 'Events'],
  [
    /^src\/protocol\/(session|translation-session|transcription|turn-detection|audio-format|tools|prompt)/,
    'Configuration',
  ],
  [/^src\/protocol\/(items|item-inputs|content)/, 'Items'],
  [/^src\/protocol\/(response|usage)/, 'Responses'],
  [/^src\/protocol\/rest/, 'HTTP'],
  [/^src\/(audio\/(pcm16|base64|g711|int16)|internal\/encode-base64)/, 'Encoding'],
  [/^src\/audio\/(read-wav|write-wav|wav-format)/, 'WAV files'],
  [/^src\/audio\//, 'Processing'],
  [/^src\/browser\/(microphone|framer|capture)/, 'Microphone'],
  [/^src\/browser\/(speaker|play|audio-codec)/, 'Speaker'],
  [/^src\/browser\/(devices|level-meter)/, 'Devices'],
  [/^src\/server\/webhooks\//, 'Webhooks'],
  [/^src\/server\/client-secrets/, 'Client secrets'],
  [/^src\/server\/calls/, 'Calls'],
  [/^src\/server\/persistence\/|^src\/testing\/store-checks/, 'Persistence'],
  [/^src\/server\/node\/(admission|refusal)/, 'Capacity'],
  [/^src\/server\/node\//, 'Shutdown'],
  [/^src\/twilio\/(messages|read-message|dialect)/, 'Messages'],
  [/^src\/twilio\/twiml/, 'TwiML'],
  [/^src\/twilio\//, 'Bridge'],
  [/^src\/dialects\/failover/, 'Failover'],
  [/^src\/dialects\/|^src\/session\/dialect/, 'Dialects'],
  [/^src\/migrate\/(renames)/, 'Renames'],
  [/^src\/migrate\/(beta|from-beta|as-web-socket|translating)/, 'Transports'],
  [/^src\/migrate\//, 'Events'],
  [/^src\/telemetry\//, 'Telemetry'],
  [/^src\/testing\/(replay\/|node\/load-recording)/, 'Replay'],
  [/^src\/testing\/(caller\/|speech\/|node\/(espeak|web-rtc\/caller-phone))/, 'Callers'],
  [/^src\/testing\/matchers\//, 'Matchers'],
  [/^src\/testing\/(emulator|node)\//, 'Emulator'],
  [/^src\/testing\/telephone\//, 'Telephone'],
  [/^src\/testing\/(clock|settle-on)/, 'Clock'],
  [/^src\/testing\/transport-checks/, 'Transport checks'],
]

const lastCategories = ['Errors', 'Shared']

/** The categories in the order of the navigation. */
export const categoryOrder = [
  ...new Set(categories.map(([, category]) => category).filter((category) => !lastCategories.includes(category))),
  ...lastCategories,
]

/** Adds the category tag that follows from its source file to each export that has none. */
export function addCategories(project: ProjectReflection): void {
  for (const exported of project.getReflectionsByKind(ReflectionKind.SomeExport)) {
    if (!exported.parent?.kindOf(ReflectionKind.SomeModule)) continue
    if (exported.comment?.getTag('@category')) continue
    exported.comment ??= new Comment()
    exported.comment.blockTags.push(
      new CommentTag('@category', [{ kind: 'text', text: categoryOf(project, exported) }]),
    )
  }
}

function categoryOf(project: ProjectReflection, exported: Reflection): string {
  const file = project.getSymbolIdFromReflection(exported)?.packagePath ?? ''
  return categories.find(([pattern]) => pattern.test(file))?.[1] ?? 'Shared'
}
