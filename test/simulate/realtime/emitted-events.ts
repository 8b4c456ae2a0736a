import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'

type Fields = Readonly<Record<string, unknown>>

/** A response as the listeners of a session have seen it. Times are those of the virtual clock. */
export interface EmittedResponse {
  readonly createdAt: number | undefined
  readonly firstDeltaAt: number | undefined
  readonly doneAt: number | undefined
  readonly isInBand: boolean
  /** `lost` when the connection was lost before the response was done. */
  readonly status: string | undefined
  readonly usage: unknown
}

/** What a session has emitted, read without any code of the library. Features see nothing else, so their reports must follow from it. */
export interface EmittedEvents {
  readonly responses: ReadonlyMap<string, EmittedResponse>
  /** Ids of responses in the order in which they have ended. */
  readonly ended: readonly string[]
  /** Times at which events of a type were emitted. */
  timesOf(type: string): readonly number[]
  /** Transcripts of the user that were completed, by item and content part, with their usage. */
  readonly transcripts: ReadonlyMap<string, unknown>
  /** Items of all turns of the user. */
  readonly turnIds: ReadonlySet<string>
  /** The item of the last turn of the user and the time of its commit, also when its server session has ended. */
  readonly lastTurn: readonly [itemId: string, committedAt: number] | undefined
  readonly deletedIds: ReadonlySet<string>
  /** Times at which calls were complete, and at which their outputs were in the conversation. MCP calls have the id of their item. */
  readonly callAt: ReadonlyMap<string, number>
  readonly outputAt: ReadonlyMap<string, number>
  /** Times at which turns of the user have started and ended, by item. */
  readonly spokenFrom: ReadonlyMap<string, number>
  readonly spokenUntil: ReadonlyMap<string, number>
}

const followedTypes = [
  'session.created',
  'response.created',
  'response.done',
  'response.output_text.delta',
  'response.output_audio.delta',
  'response.output_audio_transcript.delta',
  'response.output_item.done',
  'response.mcp_call.in_progress',
  'response.mcp_call.completed',
  'response.mcp_call.failed',
  'conversation.item.added',
  'conversation.item.done',
  'conversation.item.deleted',
  'conversation.item.input_audio_transcription.completed',
  'input_audio_buffer.committed',
  'input_audio_buffer.cleared',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
] as const

/** Follows the events of a session. Create it before any feature, so that it is up to date when a feature reports. */
export function followEmittedEvents({ clock }: Pick<Environment, 'clock'>, session: RealtimeSession): EmittedEvents {
  const responses = new Map<string, EmittedResponse>()
  const ended: string[] = []
  const times = new Map<string, number[]>()
  const transcripts = new Map<string, unknown>()
  const turnIds = new Set<string>()
  let lastTurn: EmittedEvents['lastTurn']
  const deletedIds = new Set<string>()
  const callAt = new Map<string, number>()
  const outputAt = new Map<string, number>()
  /** MCP calls that the current server session makes. */
  const mcpCalls = new Set<string>()
  const spokenFrom = new Map<string, number>()
  const spokenUntil = new Map<string, number>()

  function change(id: string, fields: Partial<EmittedResponse>): void {
    const unknown = { createdAt: undefined, firstDeltaAt: undefined, doneAt: undefined, isInBand: true }
    const before = responses.get(id) ?? { ...unknown, status: undefined, usage: undefined }
    responses.set(id, { ...before, ...fields })
  }

  function end(id: string, fields: Partial<EmittedResponse>): void {
    if (responses.get(id)?.status !== undefined) return
    change(id, fields)
    ended.push(id)
  }

  function loseRunning(): void {
    for (const [id, { status }] of responses) if (status === undefined) end(id, { status: 'lost' })
  }

  // A listener of '*' also receives the events of responses that the session has given up. Features listen to their types.
  for (const type of followedTypes) session.on(type, follow)

  function follow(event: { readonly type: string }): void {
    const now = clock.now()
    const { type } = event
    times.set(type, [...(times.get(type) ?? []), now])
    const { response, item, response_id, item_id, content_index } = event as Fields
    const resource = (response ?? {}) as Fields
    const id = String(resource.id ?? response_id ?? '')
    const itemId = String(item_id ?? (item as Fields | undefined)?.id ?? '')
    const callId = String((item as Fields | undefined)?.call_id ?? '')
    const itemType = (item as Fields | undefined)?.type
    switch (type) {
      case 'session.created':
        loseRunning()
        for (const lostId of mcpCalls) outputAt.set(lostId, now)
        mcpCalls.clear()
        break
      case 'response.created':
        if (!responses.has(id)) change(id, { createdAt: now, isInBand: resource.conversation_id !== null })
        break
      case 'response.output_text.delta':
      case 'response.output_audio.delta':
      case 'response.output_audio_transcript.delta':
        // A response that the session has given up has no `response.created` for listeners.
        if (responses.has(id) && responses.get(id)?.firstDeltaAt === undefined) change(id, { firstDeltaAt: now })
        break
      case 'response.done':
        end(id, {
          doneAt: now,
          status: String(resource.status),
          usage: resource.usage,
          isInBand: resource.conversation_id !== null,
        })
        break
      case 'conversation.item.input_audio_transcription.completed': {
        const key = `${itemId} ${content_index}`
        if (!transcripts.has(key)) transcripts.set(key, (event as Fields).usage)
        break
      }
      case 'input_audio_buffer.committed':
        turnIds.add(itemId)
        lastTurn = [itemId, now]
        break
      case 'input_audio_buffer.speech_started':
        spokenFrom.set(itemId, now)
        break
      case 'input_audio_buffer.speech_stopped':
        spokenUntil.set(itemId, now)
        break
      case 'conversation.item.deleted':
        deletedIds.add(itemId)
        break
      case 'response.output_item.done':
        if (itemType === 'function_call' && !callAt.has(callId)) callAt.set(callId, now)
        break
      case 'response.mcp_call.in_progress':
        callAt.set(itemId, now)
        mcpCalls.add(itemId)
        break
      case 'response.mcp_call.completed':
      case 'response.mcp_call.failed':
        outputAt.set(itemId, now)
        mcpCalls.delete(itemId)
        break
      case 'conversation.item.added':
      case 'conversation.item.done':
        if (itemType === 'function_call_output' && !outputAt.has(callId)) outputAt.set(callId, now)
        break
    }
  }
  session.on('close', loseRunning)

  return {
    responses,
    ended,
    timesOf: (type) => times.get(type) ?? [],
    transcripts,
    turnIds,
    get lastTurn() {
      return lastTurn
    },
    deletedIds,
    callAt,
    outputAt,
    spokenFrom,
    spokenUntil,
  }
}
