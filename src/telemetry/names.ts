/** Attributes of the semantic conventions for generative AI, version 1.37. */
export const genAi = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversationId: 'gen_ai.conversation.id',
  requestModel: 'gen_ai.request.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  tokenType: 'gen_ai.token.type',
  toolName: 'gen_ai.tool.name',
  toolCallId: 'gen_ai.tool.call.id',
  toolType: 'gen_ai.tool.type',
  toolArguments: 'gen_ai.tool.call.arguments',
  agentName: 'gen_ai.agent.name',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  operationDuration: 'gen_ai.client.operation.duration',
  tokenUsage: 'gen_ai.client.token.usage',
} as const

/** Attributes and metrics that the semantic conventions have no name for. */
export const realtime = {
  trigger: 'realtime.turn.trigger',
  outcome: 'realtime.turn.outcome',
  silence: 'realtime.silence',
  silenceCause: 'realtime.silence.cause',
  cost: 'realtime.cost',
  previousAgent: 'realtime.handoff.from',
  interruptedBy: 'realtime.interruption.by',
  attempts: 'realtime.reconnect.attempts',
  timeToFirstAudio: 'realtime.time_to_first_audio',
  interruptions: 'realtime.interruptions',
  connectionLosses: 'realtime.connection.losses',
  droppedAppends: 'realtime.input_audio.dropped_appends',
  bufferedBytes: 'realtime.connection.buffered',
} as const

/** The attribute for the kind of an error, which general semantic conventions define. */
export const errorType = 'error.type'
