import { Buffer } from 'node:buffer'

/** The frames that a server sends in a conversation. */
export interface Trace {
  /** The `session.created` event, which is the first frame. */
  readonly greeting: Buffer
  readonly frames: readonly Buffer[]
  readonly bytes: number
  /** Size of all audio deltas, in characters of base64 (`audioCharacters`) and in bytes (`audioBytes`). */
  readonly audioCharacters: number
  readonly audioBytes: number
}

/** The length of a {@link Trace}. */
export interface TraceOptions {
  /**
   * Spoken turns, each with a spoken response.
   * @defaultValue 10
   */
  readonly responses?: number
  /**
   * Audio deltas of a response, a multiple of ten. Every ten audio deltas have three transcript deltas.
   * @defaultValue 200
   */
  readonly audioDeltas?: number
}

const transcriptionDeltas = 8
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Generates spoken turns with spoken responses, the same ones on each call. By default 2,853 events. */
export function makeTrace({ responses = 10, audioDeltas = 200 }: TraceOptions = {}): Trace {
  const transcriptDeltas = (audioDeltas * 3) / 10
  const random = randomSource(7)
  let audioCharacters = 0
  let audioBytes = 0

  const id = (prefix: string) =>
    `${prefix}_${Array.from({ length: 21 }, () => letters[Math.floor(random() * letters.length)]).join('')}`
  const event = (type: string, fields: object) => ({ type, event_id: id('event'), ...fields })

  function audioDelta(): string {
    // 4 to 8 KB of base64: from 64 to 128 ms.
    const bytes = Buffer.alloc(3 * Math.floor(1_024 + random() * 1_024))
    for (let at = 0; at < bytes.length - 1; at += 2) bytes.writeInt16LE(Math.round((random() - 0.5) * 12_000), at)
    const text = bytes.toString('base64')
    audioBytes += bytes.length
    audioCharacters += text.length
    return text
  }

  function turn(previous: string | null): { events: object[]; last: string } {
    const [user, assistant, response] = [id('item'), id('item'), id('resp')]
    const userMessage = { id: user, type: 'message', status: 'completed', role: 'user' }
    const userItem = { ...userMessage, content: [{ type: 'input_audio', transcript: null }] }
    const place = { response_id: response, item_id: assistant, output_index: 0, content_index: 0 }
    const words = Array.from({ length: transcriptDeltas }, (_, index) => ` word${index}`)
    const transcript = words.join('')
    const item = { id: assistant, type: 'message', role: 'assistant' }
    const begun = { ...item, status: 'in_progress', content: [] }
    const done = { ...item, status: 'completed', content: [{ type: 'output_audio', transcript }] }
    const resource = {
      object: 'realtime.response',
      id: response,
      status_details: null,
      conversation_id: 'conv_E4ySyOZ7cfEjOpKcChziC',
      output_modalities: ['audio'],
      max_output_tokens: 'inf',
      audio: { output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin' } },
      metadata: null,
    }
    const usage = {
      total_tokens: 812,
      input_tokens: 402,
      output_tokens: 410,
      input_token_details: { text_tokens: 120, audio_tokens: 282, image_tokens: 0, cached_tokens: 64 },
      output_token_details: { text_tokens: 90, audio_tokens: 320 },
    }
    const part = { type: 'audio', transcript: '' }
    const limit = { name: 'tokens', limit: 250_000, remaining: 249_188, reset_seconds: 0.194 }
    const stream = Array.from({ length: audioDeltas }, (_, index) => {
      const audio = event('response.output_audio.delta', { ...place, delta: audioDelta() })
      const word = index % 10 < 3 ? words[Math.floor(index / 10) * 3 + (index % 10)] : undefined
      const spoken = { ...place, delta: word, obfuscation: 'WccDcNlLtE' }
      return word === undefined ? [audio] : [event('response.output_audio_transcript.delta', spoken), audio]
    })
    const events = [
      event('input_audio_buffer.speech_started', { audio_start_ms: 1_556, item_id: user }),
      event('input_audio_buffer.speech_stopped', { audio_end_ms: 4_224, item_id: user }),
      event('input_audio_buffer.committed', { previous_item_id: previous, item_id: user }),
      event('conversation.item.added', { previous_item_id: previous, item: userItem }),
      event('conversation.item.done', { previous_item_id: previous, item: userItem }),
      event('response.created', { response: { ...resource, status: 'in_progress', output: [], usage: null } }),
      ...Array.from({ length: transcriptionDeltas }, (_, index) =>
        event('conversation.item.input_audio_transcription.delta', {
          item_id: user,
          content_index: 0,
          delta: ` heard${index}`,
        }),
      ),
      event('response.output_item.added', { response_id: response, output_index: 0, item: begun }),
      event('conversation.item.added', { previous_item_id: user, item: begun }),
      event('response.content_part.added', { ...place, part }),
      ...stream.flat(),
      event('conversation.item.input_audio_transcription.completed', {
        item_id: user,
        content_index: 0,
        transcript: 'What was heard.',
        usage: { type: 'duration', seconds: 3 },
      }),
      event('response.output_audio.done', place),
      event('response.output_audio_transcript.done', { ...place, transcript }),
      event('response.content_part.done', { ...place, part: { ...part, transcript } }),
      event('conversation.item.done', { previous_item_id: user, item: done }),
      event('response.output_item.done', { response_id: response, output_index: 0, item: done }),
      event('response.done', { response: { ...resource, status: 'completed', output: [done], usage } }),
      event('rate_limits.updated', { rate_limits: [limit] }),
    ]
    return { events, last: assistant }
  }

  const greeting = event('session.created', {
    session: {
      type: 'realtime',
      object: 'realtime.session',
      id: id('sess'),
      model: 'gpt-realtime-2.1',
      output_modalities: ['audio'],
      instructions: 'Be brief.',
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
      tracing: null,
      prompt: null,
      expires_at: 2_000_000_000,
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          turn_detection: { type: 'server_vad', create_response: true },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin', speed: 1 },
      },
    },
  })
  const events: object[] = []
  let last: string | null = null
  for (let count = 0; count < responses; count++) {
    const next: { events: object[]; last: string } = turn(last)
    events.push(...next.events)
    last = next.last
  }
  const frames = events.map((value) => Buffer.from(JSON.stringify(value)))
  const bytes = frames.reduce((sum, { length }) => sum + length, 0)
  return { greeting: Buffer.from(JSON.stringify(greeting)), frames, bytes, audioCharacters, audioBytes }
}

/** Returns a generator of numbers from 0 up to 1. The same seed results in the same numbers. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
