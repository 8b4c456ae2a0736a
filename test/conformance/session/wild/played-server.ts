import { realtimeCodec } from 'realtime-primitives/protocol'
import { createEmitter } from '../../../../src/internal/emitter.js'
import { abandonResponse } from '../../../../src/session/state/abandon-response.js'
import { connectionLost } from '../../../../src/session/state/connection-lost.js'
import { reduce } from '../../../../src/session/state/reduce.js'
import { initialState } from '../../../../src/session/state/state.js'
import { TransportError } from '../../../../src/transports/error.js'
import type { Transport, TransportEvents } from '../../../../src/transports/transport.js'
import { type Json, sessionResource } from '../../../support/peer.js'
import type { Plan, Turn, Verdict } from './plan.js'

/** One connection, from the side of the server. */
export interface Connection {
  /** What came, in order. */
  readonly sentEvents: Json[]
  /** `event_id`s of what the server has refused. */
  readonly refused: Set<unknown>
  /** How much of it had come when the server greeted, and when it first acknowledged the configuration; undefined until then. */
  greetedAt: number | undefined
  configuredAt: number | undefined
}

/** A transport that the plan breaks and mends, and the server behind it. */
export function playedServer({ audio, joined, vad, opening }: Plan, onConnection: () => void) {
  const emitter = createEmitter<TransportEvents>()
  const connections: Connection[] = []
  const said: string[] = []
  const settledSound = new Set<string>()
  const inputOf = (connection: Connection) => connection.sentEvents
  const resource = {
    ...sessionResource,
    expires_at: Math.floor(Date.now() / 1000) + 125,
    audio: { input: { turn_detection: vad ? { type: 'server_vad', create_response: true } : null } },
  }
  let state: Transport['state'] = 'idle'
  let bufferedAmount = 0
  let isHalfClosed = false
  let attempts = 0
  let count = 0
  let listeners = 0
  let reduced = initialState
  let waiting: { resolve(): void; reject(error: unknown): void } | undefined
  // What the server of this connection knows.
  let running: { id: string; isInBand: boolean; metadata: unknown }[] = []
  let buffer: string[] = []
  const items = new Set<string>()
  let requests: { event: Json; sounds: string[] }[] = []

  const current = () => connections.at(-1)

  function connect(): void {
    onConnection()
    state = 'open'
    isHalfClosed = false
    connections.push({ sentEvents: [], refused: new Set(), greetedAt: undefined, configuredAt: undefined })
    requests = []
    if (!joined) {
      items.clear()
      running = []
      buffer = []
    }
    waiting?.resolve()
    waiting = undefined
    emitter.emit('open', undefined)
  }

  function part(next: Transport['state']): void {
    state = next
    reduced = connectionLost(reduced)
  }

  function sendEvents(...events: Json[]): void {
    for (const event of events) {
      if (state !== 'open' || emitter.listenerCount('message') === 0) return
      const frame = JSON.stringify({ event_id: `event_${++count}`, ...event })
      const decoded = realtimeCodec.decode(frame)
      if (decoded.kind !== 'invalid') said.push(`${decoded.kind === 'unknown' ? 'unknown' : event.type} event_${count}`)
      if (event.type === 'conversation.item.added') items.add(String((event.item as { id?: string }).id))
      if (decoded.kind === 'event') reduced = reduce(reduced, decoded.event)
      emitter.emit('message', frame)
    }
  }

  const responseOf = (id: string, more: object = {}) => ({
    id,
    object: 'realtime.response',
    status: 'in_progress',
    status_details: null,
    output: [],
    conversation_id: 'conv_1',
    usage: null,
    metadata: null,
    ...more,
  })

  function begin(isInBand: boolean, metadata: unknown): string {
    const id = `r${++count}`
    running.push({ id, isInBand, metadata })
    sendEvents({
      type: 'response.created',
      response: responseOf(id, { metadata, conversation_id: isInBand ? 'conv_1' : null }),
    })
    return id
  }

  function end(id: string | undefined, status: string): boolean {
    const ended = running.find((other) => other.id === id)
    if (!ended) return false
    running = running.filter((other) => other !== ended)
    const { isInBand, metadata } = ended
    const response = responseOf(ended.id, { status, metadata, conversation_id: isInBand ? 'conv_1' : null })
    sendEvents({ type: 'response.done', response })
    return true
  }

  function refuse(code: string, event_id: unknown): void {
    current()?.refused.add(event_id)
    sendEvents({ type: 'error', error: { type: 'invalid_request_error', code, message: code, param: null, event_id } })
  }

  function commit(sounds: readonly string[]): void {
    for (const sound of sounds) settledSound.add(sound)
    const id = `u${++count}`
    sendEvents(
      { type: 'input_audio_buffer.committed', item_id: id, previous_item_id: null },
      { type: 'conversation.item.added', previous_item_id: null, item: messageOf(id, 'user') },
    )
  }

  function answer({ event, sounds }: { event: Json; sounds: string[] }, verdict: Verdict): unknown {
    const { event_id, item_id } = event
    const isSettling = /buffer\.(commit|clear)$/.test(event.type)
    if (verdict === 'never' && !isSettling) return
    if (verdict === 'no' && event.type !== 'response.cancel') {
      buffer.unshift(...sounds)
      return refuse('no', event_id)
    }
    const connection = current()
    switch (event.type) {
      case 'session.update':
        if (connection) connection.configuredAt ??= inputOf(connection).length
        return sendEvents({ type: 'session.updated', session: resource })
      case 'conversation.item.create':
        return sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
      case 'conversation.item.delete':
        return sendEvents({ type: 'conversation.item.deleted', item_id })
      case 'input_audio_buffer.commit':
        return commit(sounds)
      case 'input_audio_buffer.clear':
        for (const sound of sounds) settledSound.add(sound)
        return sendEvents({ type: 'input_audio_buffer.cleared' })
      case 'response.cancel':
        if (!end(String(event.response_id), 'cancelled')) refuse('response_cancel_not_active', event_id)
        return
      case 'response.create': {
        const { conversation, metadata } = event.response as { conversation?: string; metadata?: unknown }
        const isInBand = conversation !== 'none'
        if (isInBand && (verdict.endsWith('conflict') || running.some((other) => other.isInBand)))
          return refuse('conversation_already_has_active_response', verdict === 'nameless conflict' ? null : event_id)
        const id = begin(isInBand, metadata)
        if (verdict !== 'begin') end(id, verdict === 'failed' ? 'failed' : 'completed')
      }
    }
  }

  function answerAll(verdicts: readonly Verdict[]): void {
    let index = 0
    for (let next = requests.shift(); next; next = requests.shift()) {
      answer(next, verdicts[index++ % verdicts.length] ?? 'yes')
      if (index > 50) return
    }
  }

  function greet(): void {
    const connection = current()
    if (joined || !connection || connection.greetedAt !== undefined) return
    connection.greetedAt = connection.sentEvents.length
    sendEvents({ type: 'session.created', session: resource })
  }

  const transport: Transport = {
    audio,
    session: joined ? 'joined' : 'own',
    get bufferedAmount() {
      return bufferedAmount
    },
    get state() {
      return state
    },
    open(signal) {
      attempts += 1
      if (attempts === 1 && opening === 'fails') {
        state = 'closed'
        return Promise.reject(new TransportError('CONNECT_FAILED', { url: 'wss://played', status: undefined } as never))
      }
      state = 'opening'
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (attempts > 1 || opening === 'at once') connect()
      })
    },
    send(frame) {
      if (state !== 'open' || isHalfClosed) throw new TransportError('NOT_OPEN', { state: 'closed' })
      const event = JSON.parse(frame) as Json
      current()?.sentEvents.push(event)
      if (event.type === 'input_audio_buffer.append') buffer.push(String(event.audio))
      else requests.push({ event, sounds: /buffer\.(commit|clear)$/.test(event.type) ? buffer.splice(0) : [] })
    },
    async close(code = 1000, reason = '') {
      if (state === 'closed') return
      part('closed')
      waiting?.reject(new TransportError('CLOSED', { code, reason } as never))
      waiting = undefined
      emitter.emit('close', { code, reason, wasClean: true })
    },
    on(type, listener) {
      listeners += 1
      const undo = emitter.on(type, listener)
      let isUndone = false
      return () => {
        if (!isUndone) listeners -= 1
        isUndone = true
        undo()
      }
    },
  }

  function play(turn: Turn | { readonly kind: 'relent' }): unknown {
    const isOpen = state === 'open'
    if (turn.kind === 'restore' || turn.kind === 'welcome') {
      if (state === 'opening') connect()
      if (turn.kind === 'restore') return
    }
    if (!isOpen && state !== 'open') return
    switch (turn.kind) {
      case 'drop':
        part('opening')
        return emitter.emit('reconnecting', {
          attempt: 1,
          delayMs: 0,
          cause: { code: 1006, reason: '', wasClean: false },
        })
      case 'give up':
        part('closed')
        return emitter.emit('close', { code: 1006, reason: '', wasClean: false })
      case 'greet':
        return greet()
      case 'welcome':
        greet()
        return answerAll(['yes'])
      case 'relent':
        greet()
        answerAll(['yes'])
        for (const { id } of running) end(id, 'completed')
        return answerAll(['yes'])
      case 'answer':
        return answerAll(turn.verdicts)
      case 'begin':
        return running.some(({ isInBand }) => isInBand) || begin(true, null)
      case 'end':
        return end(running[0]?.id, 'completed')
      case 'speech':
        return sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' })
      case 'turn ends':
        // In order: what was asked for before is answered before.
        answerAll(['yes'])
        sendEvents({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: 0, item_id: 'u' })
        return commit(buffer.splice(0))
      case 'garbage':
        return sendEvents({ type: 'response.done', response: 'broken' })
      case 'odd':
        return sendEvents({ type: 'future.event' })
      case 'item':
        return sendEvents({
          type: 'conversation.item.added',
          previous_item_id: null,
          item: messageOf(`i${turn.which}`, turn.which % 2 ? 'user' : 'assistant'),
        })
      case 'sound':
        return sendEvents({
          type: 'response.output_audio.delta',
          response_id: running[0]?.id ?? 'r',
          item_id: `i${turn.which}`,
          output_index: 0,
          content_index: 0,
          delta: 'AAAA'.repeat(500),
        })
      case 'fill':
        bufferedAmount = 2 ** 21
        return
      case 'empty':
        bufferedAmount = 0
        return
      case 'half close':
        isHalfClosed = true
    }
  }

  return {
    transport,
    connections,
    said,
    play,
    reduced: () => reduced,
    /** The session no longer waits for the end of a response. */
    abandon(id: string) {
      reduced = abandonResponse(reduced, id)
    },
    listeners: () => listeners,
    /** Whether the server of the moment has an item. */
    has: (id: string) => items.has(id),
    isThere: () => state === 'open' && !isHalfClosed,
    /** Whether the server of the moment has a sound, or has made an item of it. */
    knows(sound: string): boolean {
      const where = joined ? connections : connections.slice(-1)
      return (
        settledSound.has(sound) || where.some(({ sentEvents }) => sentEvents.some((event) => event.audio === sound))
      )
    },
  }
}

const messageOf = (id: string, role: string) => ({
  id,
  type: 'message',
  role,
  status: 'completed',
  content: [{ type: role === 'user' ? 'input_audio' : 'output_audio', transcript: 'hello there' }],
})
