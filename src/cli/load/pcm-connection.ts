import { type CallerConnection, type ConnectionOptions, openCallSocket } from './connection.js'
import { findStamp } from './stamp.js'

const bytesPerMs = 48

/** The tool that callers and the bridge have with `--tools`. */
export const lookupTool = {
  type: 'function',
  name: 'look_up',
  description: 'Looks up an answer.',
  parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
} as const

/** Calls a Realtime server over a WebSocket, as a client that plays audio and runs tools. */
export function openPcmConnection({ url, apiKey, tools, events }: ConnectionOptions): CallerConnection {
  /** The item that is played: where it started, and how much of it has been received. */
  let playing: { readonly itemId: string; readonly startMs: number; receivedMs: number } | undefined
  let phase: 'connecting' | 'configuring' | 'open' = 'connecting'
  /** Calls of the running response, whose results are sent when it is done. */
  let calls: string[] = []

  const socket = openCallSocket(url, apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }, {
    ...events,
    onOpen() {},
    onMessage(text) {
      if (text.includes('"response.output_audio.delta"') && receiveAudio(text)) return
      receive(parse(text))
    },
  })

  const send = (event: object) => socket.send(JSON.stringify(event))

  function receiveAudio(text: string): boolean {
    const { type, item_id: itemId, delta } = parse(text)
    if (type !== 'response.output_audio.delta' || typeof delta !== 'string' || typeof itemId !== 'string') return false
    const nowMs = performance.now()
    const stamp = findStamp(text, 'pcm')
    const ms = (delta.length * 3) / 4 / bytesPerMs
    const isFirst = playing?.itemId !== itemId
    if (isFirst) playing = { itemId, startMs: Math.max(nowMs, events.playoutEndsAtMs()), receivedMs: 0 }
    if (playing) playing.receivedMs += ms
    events.onAudio({ ms, continues: isFirst ? 'first' : 'following', delayMs: stamp?.ageMs }, nowMs)
    return true
  }

  function receive(event: ServerEvent): void {
    switch (event.type) {
      case 'session.created':
        if (phase !== 'connecting') return
        phase = 'configuring'
        send({ type: 'session.update', session: configOf(tools ? 'look-up' : 'none') })
        break
      case 'session.updated':
        if (phase !== 'configuring') return
        phase = 'open'
        events.onOpen()
        break
      case 'input_audio_buffer.speech_started':
        interrupt()
        break
      case 'response.function_call_arguments.done':
        if (typeof event.call_id === 'string') calls.push(event.call_id)
        break
      case 'response.done':
        answerCalls()
        break
      case 'error':
        events.onError(typeof event.error?.code === 'string' ? event.error.code : (event.error?.type ?? 'error'))
        break
    }
  }

  /** Truncates the item that is played at what was played. */
  function interrupt(): void {
    const nowMs = performance.now()
    if (playing && events.playoutEndsAtMs() > nowMs) {
      const playedMs = Math.floor(Math.min(playing.receivedMs, Math.max(0, nowMs - playing.startMs)))
      send({
        type: 'conversation.item.truncate',
        item_id: playing.itemId,
        content_index: 0,
        audio_end_ms: playedMs,
      })
    }
    events.onClear()
  }

  function answerCalls(): void {
    if (calls.length === 0) return
    for (const call_id of calls) {
      events.onToolCall()
      send({
        type: 'conversation.item.create',
        item: { type: 'function_call_output', call_id, output: '{"found":true}' },
      })
    }
    calls = []
    send({ type: 'response.create' })
  }

  return {
    sendAudio: (frame) => socket.send(`{"type":"input_audio_buffer.append","audio":"${frame}"}`),
    tick() {},
    hangUp: socket.close,
    drop: socket.terminate,
  }
}

/** The configuration of a session under load. */
export function configOf(tools: 'look-up' | 'none') {
  return {
    type: 'realtime' as const,
    instructions: 'Answer in one short sentence.',
    audio: { input: { turn_detection: { type: 'server_vad' as const, silence_duration_ms: 500 } } },
    ...(tools === 'look-up' ? { tools: [lookupTool] } : {}),
  }
}

interface ServerEvent {
  readonly type?: string
  readonly item_id?: unknown
  readonly call_id?: unknown
  readonly delta?: unknown
  readonly error?: { readonly code?: unknown; readonly type?: string }
}

function parse(text: string): ServerEvent {
  try {
    return JSON.parse(text) as ServerEvent
  } catch {
    return {}
  }
}
