import fc from 'fast-check'
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/beta/realtime/realtime'

type Loose = Record<string, unknown>
type Fields = Record<string, fc.Arbitrary<unknown>>

/** Server types that the published types of the beta lack, and servers sent. */
export type UndocumentedServerType =
  | 'output_audio_buffer.audio_started'
  | 'output_audio_buffer.audio_stopped'
  | 'output_audio_buffer.audio_cleared'
  | 'transcription_session.created'

/**
 * What the servers of a time were like. `canonical` events say only what GA can say too; `wild` ones have the nulls, removed fields, and
 * fields that nobody documented.
 */
export type Kind = 'canonical' | 'wild'

const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => `w${text}`)
const id = (prefix: string) => fc.stringMatching(/^[A-Za-z0-9]{8}$/).map((text) => `${prefix}_${text}`)
const count = fc.nat({ max: 1_000_000 })
const format = fc.constantFrom('pcm16', 'g711_ulaw', 'g711_alaw')
const voice = fc.constantFrom('alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse')
const modalities = fc.constantFrom(['text'], ['audio', 'text'])
const status = fc.constantFrom('completed', 'incomplete', 'in_progress')
const tokens = fc.oneof(fc.integer({ min: 1, max: 4096 }), fc.constant('inf'))
const base64 = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))

const present = (fields: Fields) => fc.record(fields)
const partial = (fields: Fields) => fc.record(fields, { requiredKeys: [] })
const orNull = (value: fc.Arbitrary<unknown>) => fc.oneof(value, fc.constant(null))

/** Fields that nobody has heard of; a number in a name keeps it off the names that mean something. */
const strange = fc.dictionary(
  fc.stringMatching(/^x[0-9][a-z]{2,6}$/),
  fc.oneof(word, count, fc.constant(null), fc.record({ inner: word })),
  { maxKeys: 2 },
)

function build(kind: Kind) {
  const isWild = kind === 'wild'
  const open = (fields: Fields, wild: Fields = {}) =>
    isWild
      ? fc.tuple(present(fields), partial(wild), strange).map(([a, b, c]): Loose => ({ ...a, ...b, ...c }))
      : (present(fields) as fc.Arbitrary<Loose>)
  const maybe = (fields: Fields) =>
    partial(Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, isWild ? orNull(value) : value])))
  const merged = (...parts: fc.Arbitrary<unknown>[]) =>
    fc.tuple(...parts).map((all): Loose => Object.assign({}, ...(all as Loose[])))

  const turnDetection = merged(
    present({ type: fc.constantFrom('server_vad', 'semantic_vad') }),
    maybe({
      threshold: fc.double({ min: 0, max: 1, noNaN: true }),
      prefix_padding_ms: count,
      silence_duration_ms: count,
      create_response: fc.boolean(),
      interrupt_response: fc.boolean(),
      eagerness: fc.constantFrom('low', 'medium', 'high', 'auto'),
    }),
  )
  const transcription = maybe({
    model: fc.constantFrom('whisper-1', 'gpt-4o-transcribe'),
    language: word,
    prompt: word,
  })
  const noise = present({ type: fc.constantFrom('near_field', 'far_field') })
  const tool = merged(
    present({ type: fc.constant('function'), name: word }),
    maybe({ description: word, parameters: fc.constant({ type: 'object', properties: {} }) }),
  )
  const tracing = fc.oneof(fc.constant('auto'), partial({ workflow_name: word, group_id: word }))
  const flatSession = {
    instructions: word,
    modalities,
    voice,
    speed: fc.double({ min: 0.25, max: 1.5, noNaN: true }),
    input_audio_format: format,
    output_audio_format: format,
    input_audio_transcription: transcription,
    input_audio_noise_reduction: noise,
    turn_detection: turnDetection,
    tools: fc.array(tool, { maxLength: 2 }),
    tool_choice: fc.constantFrom('auto', 'none', 'required'),
    max_response_output_tokens: tokens,
    tracing,
    model: fc.constantFrom('gpt-4o-realtime-preview', 'gpt-4o-mini-realtime-preview-2024-12-17'),
  }
  const session = merged(
    open(
      { id: id('sess'), object: fc.constant('realtime.session'), expires_at: count },
      {
        temperature: fc.double({ min: 0.6, max: 1.2, noNaN: true }),
        custom_voice_id: orNull(id('voice')),
        client_secret: fc.oneof(fc.constant(null), fc.record({ value: id('ek'), expires_at: count })),
        include: orNull(fc.constant(['item.input_audio_transcription.logprobs'])),
        expires_at: fc.constantFrom(0, 1_748_037_062, 1_748_037_062.25),
      },
    ),
    maybe(flatSession),
  )
  const transcriptionFields = {
    input_audio_format: format,
    input_audio_transcription: transcription,
    input_audio_noise_reduction: noise,
    turn_detection: turnDetection,
    include: fc.constant(['item.input_audio_transcription.logprobs']),
  }
  const transcriptionSession = merged(
    open(
      { id: id('sess'), object: fc.constant('realtime.transcription_session'), expires_at: count },
      { modalities, client_secret: fc.constant(null) },
    ),
    maybe(transcriptionFields),
  )

  const assistantPart = fc.oneof(
    open({ type: fc.constant('text'), text: word }),
    open({ type: fc.constant('audio'), transcript: isWild ? orNull(word) : word }, { audio: orNull(base64) }),
  )
  const userPart = fc.oneof(
    open({ type: fc.constant('input_text'), text: word }),
    open({ type: fc.constant('input_audio'), transcript: isWild ? orNull(word) : word }, { audio: orNull(base64) }),
    ...(isWild ? [open({ type: fc.constant('input_image') }, { image_url: orNull(word) })] : []),
  )
  const itemHead = { id: id('item'), object: fc.constant('realtime.item'), status }
  const item = fc.oneof(
    open({
      ...itemHead,
      type: fc.constant('message'),
      role: fc.constant('assistant'),
      content: fc.array(assistantPart, { maxLength: 2 }),
    }),
    open({
      ...itemHead,
      type: fc.constant('message'),
      role: fc.constantFrom('user'),
      content: fc.array(userPart, { maxLength: 2 }),
    }),
    open({
      ...itemHead,
      type: fc.constant('message'),
      role: fc.constant('system'),
      content: fc.array(open({ type: fc.constant('input_text'), text: word }), { maxLength: 1 }),
    }),
    open({ ...itemHead, type: fc.constant('function_call'), call_id: id('call'), name: word, arguments: word }),
    open({ ...itemHead, type: fc.constant('function_call_output'), call_id: id('call'), output: word }),
  )
  const usage = maybe({
    total_tokens: count,
    input_tokens: count,
    output_tokens: count,
    input_token_details: maybe({ text_tokens: count, audio_tokens: count, cached_tokens: count }),
    output_token_details: maybe({ text_tokens: count, audio_tokens: count }),
  })
  const response = merged(
    open(
      {
        id: id('resp'),
        object: fc.constant('realtime.response'),
        status: fc.constantFrom('in_progress', 'completed', 'cancelled', 'failed', 'incomplete'),
        output: fc.array(item, { maxLength: 2 }),
      },
      { temperature: fc.double({ min: 0.6, max: 1.2, noNaN: true }), custom_voice_id: fc.constant(null) },
    ),
    maybe({
      conversation_id: id('conv'),
      modalities,
      voice,
      output_audio_format: format,
      max_output_tokens: tokens,
      usage,
      metadata: fc.dictionary(fc.stringMatching(/^m[a-z]{2,6}$/), word, { maxKeys: 2 }),
      status_details: partial({
        type: fc.constantFrom('cancelled', 'failed'),
        reason: fc.constantFrom('turn_detected', 'client_cancelled'),
        error: maybe({ type: word, code: word, message: word }),
      }),
    }),
  )
  const previous = isWild ? maybe({ previous_item_id: id('item') }) : partial({ previous_item_id: orNull(id('item')) })

  const server = <Type extends string>(type: Type, fields: Fields, wild: Fields = {}) =>
    open({ type: fc.constant(type), event_id: id('event'), ...fields }, wild)
  const withPrevious = (event: fc.Arbitrary<Loose>) => merged(event, previous)
  const at = { response_id: id('resp'), item_id: id('item'), output_index: fc.nat(3), content_index: fc.nat(3) }
  const { content_index: _, ...atItem } = at
  const logprobs = {
    logprobs: orNull(fc.array(fc.record({ token: word, logprob: fc.constant(-0.5), bytes: fc.constant([1]) }))),
  }
  const obfuscation = { obfuscation: word }
  const part = fc.oneof(
    open({ type: fc.constant('text'), text: word }),
    open({ type: fc.constant('audio'), transcript: word }, { audio: orNull(base64) }),
  )
  const error = { type: word, code: orNull(word), message: word, param: orNull(word) }

  const servers: Record<RealtimeServerEvent['type'] | UndocumentedServerType, fc.Arbitrary<Loose>> = {
    error: server('error', { error: open({ ...error, event_id: orNull(word) }) }),
    'session.created': server('session.created', { session }),
    'session.updated': server('session.updated', { session }),
    'transcription_session.created': server('transcription_session.created', { session: transcriptionSession }),
    'transcription_session.updated': server('transcription_session.updated', { session: transcriptionSession }),
    'conversation.created': server('conversation.created', {
      conversation: open({ id: id('conv'), object: fc.constant('realtime.conversation') }),
    }),
    'conversation.item.created': withPrevious(server('conversation.item.created', { item })),
    'conversation.item.retrieved': server('conversation.item.retrieved', { item }),
    'conversation.item.deleted': server('conversation.item.deleted', { item_id: id('item') }),
    'conversation.item.truncated': server('conversation.item.truncated', {
      item_id: id('item'),
      content_index: fc.nat(2),
      audio_end_ms: fc.oneof(count, fc.constant(1234.5)),
    }),
    'conversation.item.input_audio_transcription.delta': server(
      'conversation.item.input_audio_transcription.delta',
      { item_id: id('item'), content_index: fc.nat(2), delta: word },
      { ...logprobs, ...obfuscation },
    ),
    'conversation.item.input_audio_transcription.completed': server(
      'conversation.item.input_audio_transcription.completed',
      { item_id: id('item'), content_index: fc.nat(2), transcript: word },
      {
        ...logprobs,
        usage: fc.oneof(
          fc.record({ type: fc.constant('duration'), seconds: fc.double({ min: 0, max: 9, noNaN: true }) }),
          fc.record({ type: fc.constant('tokens'), input_tokens: count, output_tokens: count, total_tokens: count }),
          fc.constant(null),
        ),
      },
    ),
    'conversation.item.input_audio_transcription.failed': server('conversation.item.input_audio_transcription.failed', {
      item_id: id('item'),
      content_index: fc.nat(2),
      error: open(error),
    }),
    'input_audio_buffer.cleared': server('input_audio_buffer.cleared', {}),
    'input_audio_buffer.committed': withPrevious(server('input_audio_buffer.committed', { item_id: id('item') })),
    'input_audio_buffer.speech_started': server('input_audio_buffer.speech_started', {
      item_id: id('item'),
      audio_start_ms: count,
    }),
    'input_audio_buffer.speech_stopped': server('input_audio_buffer.speech_stopped', {
      item_id: id('item'),
      audio_end_ms: count,
    }),
    'rate_limits.updated': server('rate_limits.updated', {
      rate_limits: fc.array(
        open({
          name: fc.constantFrom('requests', 'tokens'),
          limit: count,
          remaining: count,
          reset_seconds: fc.constant(0.003),
        }),
        { maxLength: 2 },
      ),
    }),
    'response.created': server('response.created', { response }),
    'response.done': server('response.done', { response }),
    'response.output_item.added': server('response.output_item.added', {
      response_id: id('resp'),
      output_index: fc.nat(2),
      item,
    }),
    'response.output_item.done': server('response.output_item.done', {
      response_id: id('resp'),
      output_index: fc.nat(2),
      item,
    }),
    'response.content_part.added': server('response.content_part.added', { ...at, part }),
    'response.content_part.done': server('response.content_part.done', { ...at, part }),
    'response.text.delta': server('response.text.delta', { ...at, delta: word }, obfuscation),
    'response.text.done': server('response.text.done', { ...at, text: word }),
    'response.audio.delta': server('response.audio.delta', { ...at, delta: base64 }),
    'response.audio.done': server('response.audio.done', at),
    'response.audio_transcript.delta': server('response.audio_transcript.delta', { ...at, delta: word }, obfuscation),
    'response.audio_transcript.done': server('response.audio_transcript.done', { ...at, transcript: word }),
    'response.function_call_arguments.delta': server(
      'response.function_call_arguments.delta',
      { ...atItem, call_id: id('call'), delta: word },
      obfuscation,
    ),
    'response.function_call_arguments.done': server(
      'response.function_call_arguments.done',
      { ...atItem, call_id: id('call'), arguments: word },
      { name: word },
    ),
    'output_audio_buffer.started': server('output_audio_buffer.started', { response_id: id('resp') }),
    'output_audio_buffer.stopped': server('output_audio_buffer.stopped', { response_id: id('resp') }),
    'output_audio_buffer.cleared': server('output_audio_buffer.cleared', { response_id: id('resp') }),
    'output_audio_buffer.audio_started': server('output_audio_buffer.audio_started', { response_id: id('resp') }),
    'output_audio_buffer.audio_stopped': server('output_audio_buffer.audio_stopped', { response_id: id('resp') }),
    'output_audio_buffer.audio_cleared': server('output_audio_buffer.audio_cleared', { response_id: id('resp') }),
  }

  const client = <Type extends string>(type: Type, fields: Fields, wild: Fields = {}) =>
    merged(open({ type: fc.constant(type), ...fields }, wild), partial({ event_id: id('mine') }))
  const sentTurnDetection = fc.oneof(
    present({ type: fc.constant('server_vad'), threshold: fc.constant(0.5), silence_duration_ms: count }),
    present({ type: fc.constant('semantic_vad'), eagerness: fc.constantFrom('low', 'auto') }),
    ...(isWild ? [fc.constant({ type: 'none' }), fc.constant({ threshold: 0.4 }), turnDetection] : []),
  )
  const sentSession = open(
    {},
    { temperature: fc.constant(0.8), client_secret: fc.constant({ expires_after: { anchor: 'created_at' } }) },
  )
  const sentItem = fc.oneof(
    open({
      type: fc.constant('message'),
      role: fc.constant('user'),
      content: fc.array(
        fc.oneof(
          open({ type: fc.constant('input_text'), text: word }),
          open({ type: fc.constant('input_audio'), audio: base64 }),
        ),
        { maxLength: 2 },
      ),
    }),
    open({
      type: fc.constant('message'),
      role: fc.constant('assistant'),
      content: fc.array(open({ type: fc.constant('text'), text: word }), { maxLength: 1 }),
    }),
    open({ type: fc.constant('function_call_output'), call_id: id('call'), output: word }),
  )
  const clients: Record<RealtimeClientEvent['type'], fc.Arbitrary<Loose>> = {
    'session.update': client('session.update', {
      session: merged(sentSession, maybe({ ...flatSession, turn_detection: sentTurnDetection })),
    }),
    'transcription_session.update': client('transcription_session.update', {
      session: merged(open({}, { modalities }), maybe({ ...transcriptionFields, turn_detection: sentTurnDetection })),
    }),
    'conversation.item.create': client(
      'conversation.item.create',
      { item: sentItem },
      { previous_item_id: orNull(id('item')) },
    ),
    'conversation.item.delete': client('conversation.item.delete', { item_id: id('item') }),
    'conversation.item.retrieve': client('conversation.item.retrieve', { item_id: id('item') }),
    'conversation.item.truncate': client('conversation.item.truncate', {
      item_id: id('item'),
      content_index: fc.constant(0),
      audio_end_ms: isWild ? fc.oneof(count, fc.constant(100.75)) : count,
    }),
    'input_audio_buffer.append': client('input_audio_buffer.append', { audio: base64 }),
    'input_audio_buffer.clear': client('input_audio_buffer.clear', {}),
    'input_audio_buffer.commit': client('input_audio_buffer.commit', {}),
    'output_audio_buffer.clear': client('output_audio_buffer.clear', {}),
    'response.cancel': client('response.cancel', {}, { response_id: orNull(id('resp')) }),
    'response.create': client('response.create', {
      response: merged(
        open({}, { temperature: fc.constant(0.8), max_response_output_tokens: tokens }),
        maybe({
          modalities,
          instructions: word,
          voice,
          output_audio_format: format,
          conversation: fc.constantFrom('auto', 'none'),
          max_output_tokens: tokens,
          input: fc.array(fc.oneof(sentItem, present({ type: fc.constant('item_reference'), id: id('item') })), {
            maxLength: 2,
          }),
        }),
      ),
    }),
  }
  return { servers, clients }
}

/** Events that servers of the beta sent, of every type. */
export function betaServerEvent(kind: Kind): fc.Arbitrary<Loose> {
  return fc.oneof(...Object.values(build(kind).servers))
}

/** Events that clients of the beta sent, of every type. */
export function betaClientEvent(kind: Kind): fc.Arbitrary<Loose> {
  return fc.oneof(...Object.values(build(kind).clients))
}

/** Every text, number and truth in a value, however deep. */
export function leavesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [value]
  return Object.values(value).flatMap(leavesOf)
}
