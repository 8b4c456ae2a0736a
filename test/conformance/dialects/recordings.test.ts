import { createSession, memoryPair, type ResponseHandle, selectItems } from 'realtime-primitives'
import { azureVoiceLive, type Dialect, lenient, xai } from 'realtime-primitives/dialects'
import { type ClientEvent, realtimeCodec } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import { settle } from '../../support/peer.js'
import { jsonLines, withShared } from '../../support/shared.js'

type Json = Record<string, unknown> & { type: string }

interface Line {
  readonly side: 'client' | 'server'
  readonly source: string
  readonly event: Json
}

/** What a conversation led to, as far as any reader of its events can tell. */
interface Outcome {
  /** Ids of the items in the order of the conversation. */
  readonly order: readonly string[]
  readonly responses: readonly {
    id: string
    words: string
    status: string
    calls: readonly (readonly [string, string])[]
  }[]
  /** The last transcript of each turn of the user. */
  readonly turns: Readonly<Record<string, string>>
  readonly totalTokens: readonly (number | undefined)[]
}

/** Splits a recording into conversations, each from its `session.created`. */
function conversationsIn(lines: readonly Line[]): Line[][] {
  const conversations: Line[][] = []
  for (const line of lines) {
    if (line.event.type === 'session.created') conversations.push([])
    conversations.at(-1)?.push(line)
  }
  return conversations
}

/** Calculates the outcome from the recorded events alone. */
function expectedOutcome(lines: readonly Line[]): Outcome {
  const order: string[] = []
  const responses = new Map<string, { words: string; status: string; calls: (readonly [string, string])[] }>()
  const turns: Record<string, string> = {}
  const totalTokens: (number | undefined)[] = []
  for (const { side, event } of lines) {
    if (side !== 'server') continue
    // biome-ignore lint/suspicious/noExplicitAny: recorded events have the shape of their server
    const { response, item, item_id, delta, response_id, transcript, usage } = event as any
    if (/^conversation\.item\.(added|created)$/.test(event.type)) order.push(item.id)
    if (event.type === 'response.created') responses.set(response.id, { words: '', status: '', calls: [] })
    const running = responses.get(response_id)
    if (running && /^response\.(output_)?(text|audio_transcript)\.delta$/.test(event.type)) running.words += delta
    if (running && event.type === 'response.output_item.done' && item.type === 'function_call')
      running.calls.push([item.name, item.arguments])
    if (event.type === 'conversation.item.input_audio_transcription.completed') turns[item_id] = transcript
    if (event.type === 'response.done') {
      const done = responses.get(response.id)
      if (done) done.status = response.status
      totalTokens.push((usage ?? response.usage)?.total_tokens)
    }
  }
  return { order, responses: [...responses].map(([id, rest]) => ({ id, ...rest })), turns, totalTokens }
}

/** Replays a conversation to a session and reads its outcome from the public API. */
async function replay(lines: readonly Line[], dialect: Dialect<object> | undefined) {
  const [near, far] = memoryPair()
  const session = createSession({ transport: near, ...(dialect && { dialect: dialect as Dialect }) })
  const sent: Json[] = []
  const invalid: unknown[] = []
  const handles: ResponseHandle[] = []
  const totalTokens: (number | undefined)[] = []
  far.on('message', (frame) => sent.push(JSON.parse(frame)))
  far.open().catch(() => {})
  session.on('invalid', (event) => invalid.push(event))
  session.on('response', (handle) => handles.push(handle))
  session.on('response.done', ({ response }) => totalTokens.push(response.usage?.total_tokens ?? undefined))
  const connecting = session.connect()
  await settle()
  for (const { side, event } of lines) {
    if (side === 'server') far.send(JSON.stringify(event))
    else session.send(event as unknown as ClientEvent)
    await settle()
  }
  await connecting
  const responses = await Promise.all(
    handles.map(async (handle) => {
      const calls: (readonly [string, string])[] = []
      const { status } = await handle.done
      for await (const item of handle.items())
        if (item.type === 'function_call') calls.push([item.name, item.arguments] as const)
      const words = [await joined(handle.transcript()), await joined(handle.text())].join('')
      return { id: String(handle.id), words, status, calls }
    }),
  )
  const items = selectItems(session.getState())
  const turns: Record<string, string> = {}
  for (const { id, item } of items)
    if (item.type === 'message' && item.role === 'user')
      for (const part of item.content)
        if (part.type === 'input_audio' && 'transcript' in part && part.transcript) turns[id] = part.transcript
  await session.close()
  const outcome: Outcome = { order: items.map(({ id }) => id), responses, turns, totalTokens }
  return { outcome, invalid, sent }
}

async function joined(words: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const word of words) text += word
  return text
}

const servers: readonly [file: string, own: Dialect<object>][] = [
  ['compat-xai', xai as Dialect<object>],
  ['compat-azure-voice-live', azureVoiceLive as Dialect<object>],
]

describe.each(servers)('recorded conversations of %s', (name, own) => {
  withShared(`recordings/${name}.jsonl`, (file) => {
    const lines = jsonLines<Line>(file)
    const conversations = conversationsIn(lines)

    test('contain no invalid event, with and without a dialect', () => {
      const context = { report() {}, dispatch() {}, unaccepted: 'refuse' as const }
      const codecs = [realtimeCodec, own.createCodec?.(context), lenient.createCodec?.(context)]
      for (const codec of codecs)
        for (const { side, event } of lines) {
          if (side === 'client' || !codec) continue
          const frame = JSON.stringify(event)
          for (const decoded of codec.decodeAll?.(frame) ?? [codec.decode(frame)])
            expect([event.type, decoded.kind]).not.toEqual([event.type, 'invalid'])
        }
    })

    test('are known events in the dialect, except for pings and corrected transcripts', () => {
      const codec = own.createCodec?.({ report() {}, dispatch() {}, unaccepted: 'refuse' })
      const unknown = new Set<string>()
      for (const { side, event } of lines)
        for (const { kind } of side === 'server' ? (codec?.decodeAll?.(JSON.stringify(event)) ?? []) : [])
          if (kind === 'unknown') unknown.add(event.type)
      unknown.delete('ping')
      unknown.delete('conversation.item.input_audio_transcription.updated')
      expect([...unknown]).toEqual([])
    })

    test('have client events that encode without a change', () => {
      const codec = own.createCodec?.({ report() {}, dispatch() {}, unaccepted: 'refuse' })
      for (const { side, event } of lines)
        if (side === 'client') expect(JSON.parse(codec?.encode(event as unknown as ClientEvent) ?? '')).toEqual(event)
    })

    test.each(conversations.map((conversation) => [conversation[0]?.source ?? '', conversation] as const))(
      'lead a session to the same outcome as their events: %s',
      async (_source, conversation) => {
        const { outcome, invalid } = await replay(conversation, own)
        expect(outcome).toEqual(expectedOutcome(conversation))
        expect(invalid).toEqual([])
      },
    )
  })
})

describe('recorded conversations of xAI without a dialect', () => {
  withShared('recordings/compat-xai.jsonl', (file) => {
    test.each(conversationsIn(jsonLines<Line>(file)).map((lines) => [lines[0]?.source ?? '', lines] as const))(
      'have words, calls, and outcomes: %s',
      async (_source, lines) => {
        const server = lines.filter(({ side }) => side === 'server')
        const { outcome, invalid } = await replay(server, undefined)
        expect(outcome.responses).toEqual(expectedOutcome(lines).responses)
        expect(outcome.order).toEqual(expectedOutcome(lines).order)
        expect(invalid).toEqual([])
      },
    )
  })
})

describe('recorded conversations of Voice Live with the lenient dialect', () => {
  withShared('recordings/compat-azure-voice-live.jsonl', (file) => {
    test.each(conversationsIn(jsonLines<Line>(file)).map((lines) => [lines[0]?.source ?? '', lines] as const))(
      'have words, calls, and outcomes: %s',
      async (_source, lines) => {
        const { outcome } = await replay(lines, lenient as Dialect<object>)
        expect(outcome.responses).toEqual(expectedOutcome(lines).responses)
      },
    )
  })
})
