/**
 * Every difference between our types and the official document that is meant, with its reason; `*` stands for anything. The test fails
 * when a difference is not listed, and when a line no longer matches one.
 */
export const deliberate: Readonly<Record<string, string>> = {
  'received WebhookRealtimeCallIncoming.data.sip_media_security: field only here':
    'newer than the document: reported by users of SIP calls',
  // What we receive and the document does not have.
  'received *.obfuscation: field only here': 'real traffic: on every delta that bears text',
  'received *MessageAssistant.phase: field only here': 'real traffic: gpt-realtime-2.1 sends it',
  'received *.reasoning_tokens: field only here': 'real traffic: reasoning models send it',
  'received *ContentPart*.content: field only here': 'real traffic: Azure sends the part twice',
  'received RealtimeResponse.status_details.error.message: field only here': 'real traffic: the failure in words',
  'received RealtimeResponse.status_details: text only here': 'real traffic: some servers send bare text',
  'received *: variant message only here': 'a message in a role that is not known yet',
  'received *DtmfEventReceived.event_id: field only here': 'every other event has one; it may come',
  'received *.voice: object only here': 'the document lets us send a custom voice by id, so it may be echoed',
  'received RealtimeTranslationSession.audio.input.transcription.language*: field only here':
    "the document's own example has it; the other session's shape is shared",
  'received RealtimeTranslationSession.audio.input.transcription.prompt: field only here':
    'the shape of the other session is shared',

  'received *.noise_reduction.strength: field only here': 'the openai package has it: newer than the document',
  'received *ranscription*.keywords: field only here': 'what is sent may be echoed',
  'received *ranscription*.delay: field only here': 'what is sent may be echoed',
  'received *.parallel_tool_calls: field only here': 'what is sent may be echoed',

  // What the document requires of the server and we do not rely on.
  'received *SessionCreateResponseGA.object: required only in the document': 'nothing relies on it',
  'received RealtimeTruncation.retention_ratio: required only in the document': 'nothing relies on it',
  'received LogProbProperties.bytes: required only in the document': 'null for tokens that are no text',
  'received *Completed.usage: required only in the document': 'servers of 2025 leave it out',
  'received *FunctionCallArgumentsDone.name: required only in the document': 'servers of 2025 leave it out',
  'received RealtimeTranslationSession.audio.input.*: required only in the document':
    'the shape of the other session is shared',

  'received *.event_id: required only in the document': 'other servers leave it out, and nothing relies on it',
  'received *.output_index: required only in the document': 'other servers leave it out of some events',
  'received *ContentPart*.part: required only in the document': 'other servers leave it out of content_part.done',
  'received *SpeechStarted.audio_start_ms: required only in the document': 'other servers do not report positions',
  'received *SpeechStopped.audio_end_ms: required only in the document': 'other servers do not report positions',
  'received *SessionCreateResponseGA.id: required only in the document':
    'other servers leave it out of session.updated',

  // What the document leaves optional and everybody relies on; real traffic always has it.
  'received RealtimeConversationItem*.id: required only here': 'the key of an item',
  'received RealtimeMCPListTools.id: required only here': 'the key of an item',
  'received RealtimeConversationItemFunctionCall.call_id: required only here': 'what the output must name',
  'received *.content[].type: required only here': 'what the part is',
  'received *.part.type: required only here': 'what the part is',
  'received *.format.type: required only here': 'what the format is',
  'received RealtimeFunctionTool.*: required only here': 'a tool without a type or a name cannot be called',
  'received RealtimeResponse.id: required only here': 'the key of a response',
  'received RealtimeResponse.status: required only here': 'how a response ended',
  'received RealtimeResponse.output: required only here': 'what a response made',

  // What the document fixes and may grow.
  'received *.format.rate: number is any here and 24000 in the document': 'other rates may come',
  'sent MCPTool.connector_id: open only here': 'the service adds connectors',
  'sent *.include[]: open only here': 'the service adds values',

  // Values that the document names elsewhere: in prose, in examples, or for another component.
  'received *TranscriptionSessionCreateResponseGA.object: "realtime.transcription_session" only here': 'named in prose',
  'received *TranscriptionSessionCreateResponseGA.audio.input.turn_detection.type: "*_vad" only here':
    'named for what is sent',
  'received *ConversationCreated.conversation.object: "realtime.conversation" only here': 'named in prose and example',
  'received RealtimeTranslationSession.model: "gpt-realtime-translate" only here': 'named in the example',
  'sent RealtimeTranslationSessionCreateRequest.model: "gpt-realtime-translate" only here': 'named in the example',
  'received RealtimeTranslationSession.audio.input.transcription.model: "*" only here': 'named for the other session',
  'sent RealtimeTranslationSession*.audio.input.transcription.model: "*" only here': 'named for the other session',

  // What the document leaves optional in what we send and makes no sense without, or is refused.
  'sent RealtimeAudioFormats.type: required only here': 'a format without a type says nothing',
  'sent *.noise_reduction.type: required only here': 'null turns it off, and nothing else is in it',
  'sent RealtimeFunctionTool.*: required only here': 'a tool without a type or a name is refused',
  'sent *.content[].type: required only here': 'a part without a type is refused',
  'sent RealtimeConversationItemMessageSystem.content[].text: required only here': 'the part has nothing else',
  'sent *.expires_after.anchor: required only here': 'refused without it',

  // What is not part of the wire format.
  'sent *.extra: field only here': 'the codec adds its fields to the object that contains it',

  // What the document does not have yet.
  'sent *.noise_reduction.strength: field only here': 'the openai package has it: newer than the document',

  // What the document says in prose but not in its schema.
  'sent *.audio.input.transcription: null only here': 'prose: null turns it off',
  'sent *.audio.input.noise_reduction: null only here': 'prose: null turns it off',
  'sent RealtimeResponseCreateParams.input[]: variant item_reference only here': 'prose and example: an item by its id',
}

/** The bounds that are enforced beyond the document's schema, or left to the service, with the reason; the same rules hold. */
export const deliberateBounds: Readonly<Record<string, string>> = {
  '*.threshold: only here: at least 0': 'prose',
  '*.threshold: only here: at most 1': 'prose',
  '*.audio: only here: maxLength 20971520': 'prose: 15 MiB of audio in one event',
  '*_ms: only here: at least 0': 'time does not run backwards',
  '*.content_index: only here: at least 0': 'an index',
  '*.output_modalities: only here: minItems 1': 'prose: exactly one modality',
  '*.output_modalities: only here: maxItems 1': 'prose: exactly one modality',
  '*.max_output_tokens: only here: at least 1': 'prose; its upper bound of 4096 is older than models with more',
  'response.create.response.metadata.*: only here: maxLength 512': 'prose',
  '*.tools[].name: only here: minLength 1': 'an empty name is refused',
  'output_audio_buffer.clear.event_id: only here: maxLength 512': 'the limit of every other client event',
}
