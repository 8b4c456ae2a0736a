/** The body of an `error` event, without the identifier of the client event. */
export interface Refusal {
  readonly type: string
  readonly code: string | null
  readonly message: string
  readonly param: string | null
}

const invalid = (code: string | null, message: string, param: string | null = null): Refusal => ({
  type: 'invalid_request_error',
  code,
  message,
  param,
})

/** Returns whether a value is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'param' in value && 'message' in value && 'code' in value
}

/** Formats a list as the service does: `'a', 'b', and 'c'`. */
export function listed(values: readonly unknown[]): string {
  const quoted = values.map((value) => (typeof value === 'string' ? `'${value.slice(0, 200)}'` : String(value)))
  if (quoted.length < 3) return quoted.join(' and ')
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`
}

/** The event types that the service lists as accepted. Two of them belong to translation sessions and are rejected here. */
export const acceptedTypes = [
  'session.update',
  'session.close',
  'input_audio_buffer.append',
  'session.input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'conversation.item.create',
  'conversation.item.truncate',
  'conversation.item.delete',
  'conversation.item.retrieve',
  'response.create',
  'response.cancel',
] as const

/** All errors of the emulator. Messages and codes follow the service where they are known. */
export const refusals = {
  invalidJson: () => invalid('invalid_json', 'Invalid event: failed to parse JSON value.'),
  binaryFrame: () => invalid('invalid_event', 'Expected a text WebSocket message; binary frames are not supported.'),
  tooDeep: () => invalid('invalid_json', 'Invalid event: its JSON is nested too deeply.'),
  internal: (): Refusal => ({
    type: 'server_error',
    code: null,
    message: 'The server had an error while processing your request.',
    param: null,
  }),
  notAnObject: () => invalid('invalid_event', 'Invalid event: expected a JSON object.'),
  missing: (param: string) => invalid('missing_required_parameter', `Missing required parameter: '${param}'.`, param),
  unknownField: (param: string) => invalid('unknown_parameter', `Unknown parameter: '${param}'.`, param),
  invalidType: (param: string, expected: string, found: string) =>
    invalid('invalid_type', `Invalid type for '${param}': expected ${expected}, but got ${found} instead.`, param),
  invalidValue: (param: string, value: unknown, supported: readonly unknown[]) =>
    invalid('invalid_value', `Invalid value: ${listed([value])}. Supported values are: ${listed(supported)}.`, param),
  outOfBounds: (param: string, code: string, problem: string) => invalid(code, `Invalid '${param}': ${problem}`, param),
  tooLong: (param: string, maximum: number, length: number) =>
    refusals.outOfBounds(
      param,
      'string_above_max_length',
      `string too long. Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`,
    ),
  aboveMaximum: (param: string, kind: 'integer' | 'decimal', maximum: number, value: number) =>
    refusals.outOfBounds(
      param,
      `${kind}_above_max_value`,
      `${kind} above maximum value. Expected a value <= ${maximum}, but got ${value} instead.`,
    ),
  belowMinimum: (param: string, kind: 'integer' | 'decimal', minimum: number, value: number) =>
    refusals.outOfBounds(
      param,
      `${kind}_below_min_value`,
      `${kind} below minimum value. Expected a value >= ${minimum}, but got ${value} instead.`,
    ),
  wrongPattern: (param: string, pattern: string) =>
    refusals.outOfBounds(
      param,
      'invalid_value',
      `string does not match pattern. Expected a string that matches the pattern '${pattern}'.`,
    ),
  wrongModalities: (param: string, modalities: readonly unknown[]) =>
    invalid(
      'invalid_value',
      `Invalid modalities: [${modalities.map((name) => `'${String(name).slice(0, 200)}'`).join(', ')}]. Supported combinations are: ['text'] and ['audio'].`,
      param,
    ),
  unknownEventType: (type: string, accepted: readonly string[]) => refusals.invalidValue('type', type, accepted),
  mediaOnly: (type: string) =>
    invalid(
      'invalid_value',
      `Invalid value: '${type}'. It is only supported over WebRTC and SIP, where the server plays the audio.`,
      'type',
    ),

  otherSessionType: (event: string, session: string) =>
    invalid('invalid_parameter', `Passing a ${event} session update event to a ${session} session is not allowed.`),
  voiceLocked: () =>
    invalid('cannot_update_voice', "Cannot update a conversation's voice if assistant audio is present."),
  notWithThisModel: (param: string) =>
    invalid('unsupported_parameter', `Unsupported parameter: '${param}' is not supported with this model.`, param),
  noTurnDetection: (model: string) =>
    invalid(
      'invalid_value',
      `Turn detection is not supported with the transcription model '${model}'. Set it to null.`,
      'session.audio.input.turn_detection',
    ),
  notInTranscription: (type: string) =>
    invalid('invalid_value', `Invalid value: '${type}'. A transcription session has no responses.`, 'type'),

  duplicateItem: (id: string) =>
    invalid('item_create_duplicate_item_id', `Error adding item: the item with id '${id}' already exists.`, 'item.id'),
  unknownPreviousItem: (id: string) =>
    invalid(
      'item_create_invalid_previous_item_id',
      `Error adding item: the previous item with id '${id}' does not exist.`,
      'previous_item_id',
    ),
  unknownItem: (verb: 'delet' | 'retriev' | 'truncat', id: string) =>
    invalid(`item_${verb}e_invalid_item_id`, `Error ${verb}ing item: the item with id '${id}' does not exist.`),
  unknownReference: (param: string, id: string) =>
    invalid('invalid_value', `The item with id '${id}' does not exist.`, param),
  unknownCall: (callId: string) =>
    invalid('invalid_tool_call_id', `Tool call ID '${callId}' not found in conversation.`),
  unknownApproval: (requestId: string) =>
    invalid(
      'invalid_value',
      `Approval request with ID '${requestId.slice(0, 200)}' not found in conversation, or answered already.`,
      'item.approval_request_id',
    ),
  notTruncatable: () => invalid('unsupported_content_type', 'Only model output audio messages can be truncated'),
  wrongContentIndex: (index: number) =>
    invalid('invalid_value', `Audio content at index ${index} does not exist.`, 'content_index'),
  alreadyShorter: (actualMs: number, endMs: number) =>
    invalid('invalid_value', `Audio content of ${actualMs}ms is already shorter than ${endMs}ms`),

  invalidAudio: (param: string, format: string) =>
    invalid(
      'invalid_value',
      `Invalid '${param}'. Expected base64-encoded audio bytes (${format}) but got an invalid value.`,
      param,
    ),
  bufferTooSmall: (ms: number) =>
    invalid(
      'input_audio_buffer_commit_empty',
      `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${ms.toFixed(2)}ms of audio.`,
    ),
  bufferFull: (minutes: number) =>
    invalid(
      'input_audio_buffer_full',
      `The input audio buffer holds at most ${minutes} minutes of audio. Commit or clear it.`,
    ),

  responseActive: (id: string) =>
    invalid(
      'conversation_already_has_active_response',
      `Conversation already has an active response in progress: ${id}. Wait until the response is finished before creating a new one.`,
    ),
  nothingToCancel: () => invalid('response_cancel_not_active', 'Cancellation failed: no active response found'),

  missingKey: () =>
    invalid(
      'invalid_api_key',
      "You didn't provide an API key. Send it in an Authorization header using Bearer auth, or in a subprotocol.",
    ),
  invalidKey: () => invalid('invalid_api_key', 'Incorrect API key provided.'),
  missingModel: (example = 'realtime?model=gpt-realtime-2.1') =>
    invalid('missing_model', `You must provide a model parameter, for example wss://api.openai.com/v1/${example}`),
  invalidModel: (model: string, mode = 'realtime') =>
    invalid('invalid_model', `Model "${model}" is not supported in ${mode} mode.`),
  onlyModel: () => invalid('invalid_request_error', 'A translation session takes the parameter model only.'),
  severalTargets: () =>
    invalid('invalid_request_error', 'Provide exactly one of the parameters model, call_id and intent.'),
  unknownIntent: (intent: string) => refusals.invalidValue('intent', intent, ['transcription']),
  unknownCallId: (id: string) => invalid('call_id_not_found', `No session found for call_id '${id}'.`, 'call_id'),
  callAnswered: (id: string) =>
    invalid('call_already_accepted', `The call '${id}' has been accepted already.`, 'call_id'),
  callNotAnswered: (id: string) =>
    invalid('call_not_active', `The call '${id}' has not been accepted. Accept or reject it first.`, 'call_id'),
  invalidJsonBody: () => invalid(null, 'We could not parse the JSON body of your request.'),
  otherSecret: (type: string) =>
    invalid('invalid_request_error', `The client secret is for a ${type} session; this is none.`),
  fixedBySecret: (param: string) =>
    invalid('invalid_request_error', `The client secret has a session already; leave out '${param}'.`, param),
  invalidOffer: () => invalid('invalid_offer', 'Invalid SDP offer. Please try again with a WHIP-compliant offer.'),
  noSupportedCodec: () =>
    invalid(
      'unsupported_codec',
      'The offer contains no audio codec that the emulator supports. Offer Opus, PCMU, or PCMA.',
      'sdp',
    ),
  opusNotInstalled: () =>
    invalid(
      'unsupported_codec',
      'The emulator needs the package "libopus-wasm" for an offer with Opus only: npm install --save-dev libopus-wasm. Or offer PCMU or PCMA in addition to Opus, as browsers do.',
      'sdp',
    ),
  unreadableForm: () =>
    invalid(
      'invalid_request_error',
      "We could not read the form. Send the parts 'sdp' and 'session', the latter as JSON.",
    ),
  wrongContentType: (type: string) =>
    invalid(
      'unsupported_content_type',
      `Unsupported content type: '${type.slice(0, 100)}'. Send application/sdp or multipart/form-data.`,
    ),
  sessionClosing: () =>
    invalid('session_closing', 'The session is closing: it translates the received audio and accepts no more events.'),
  betaShape: () =>
    invalid(
      'beta_api_shape_disabled',
      'The beta API shape is no longer supported. Remove the OpenAI-Beta header and use the GA event shapes.',
    ),
  unknownScript: (name: string, known: readonly string[]) =>
    invalid(
      'unknown_script',
      `The emulator has no script '${name.slice(0, 100)}'. Known scripts: ${listed(known) || 'none'}.`,
    ),
  sessionExpired: (minutes: number) =>
    invalid('session_expired', `Your session hit the maximum duration of ${minutes} minutes.`),
} as const
