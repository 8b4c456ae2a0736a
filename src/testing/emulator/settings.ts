import type { AudioFormat } from '../../protocol/audio-format.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { Session, SessionConfig } from '../../protocol/session.js'
import type { Tool, ToolInput } from '../../protocol/tools.js'
import type { TranscriptionSession, TranscriptionSessionConfig } from '../../protocol/transcription-session.js'
import type { TurnDetection } from '../../protocol/turn-detection.js'
import { describeFormat, mergeInput, mergeTranscriptionInput } from './audio-settings.js'
import { checkModelLimits } from './limits.js'
import { defaultsOf, defaultTurnDetection } from './model-defaults.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { checkServiceLimits } from './service-limits.js'

/** The initial values of a session resource. */
export interface SessionSeed {
  readonly id: string
  readonly model: string
  /** Seconds since 1970. 0 in the response that returns a client secret. */
  readonly expiresAt: number
}

const defaultInstructions =
  'You are a helpful voice assistant of the realtime-primitives emulator. Nothing here is understood; answers are scripted or echoed.'

/** Returns the resource of a new realtime session, with the defaults of the service. */
export function newSession({ id, model, expiresAt }: SessionSeed): Session {
  const { voice, turnDetection } = defaultsOf(model)
  return {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    output_modalities: ['audio'],
    instructions: defaultInstructions,
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at: expiresAt,
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: {
          type: 'server_vad',
          ...turnDetection,
          idle_timeout_ms: null,
          create_response: true,
          interrupt_response: true,
        },
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice, speed: 1 },
    },
    include: null,
  }
}

/** Returns the resource of a new transcription session. */
export function newTranscriptionSession({ id, expiresAt }: SessionSeed): TranscriptionSession {
  return {
    type: 'transcription',
    object: 'realtime.transcription_session',
    id,
    expires_at: expiresAt,
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: { type: 'server_vad', ...defaultTurnDetection },
      },
    },
    include: null,
  }
}

/** Input and output audio formats of a session. */
export interface SessionFormats {
  readonly input: AudioFormat
  readonly output: AudioFormat
}

const defaultFormat: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** Returns the audio formats of a session. */
export function formatsOf(session: AnySession): SessionFormats {
  const output = session.type === 'realtime' ? session.audio?.output?.format : undefined
  return { input: session.audio?.input?.format ?? defaultFormat, output: output ?? defaultFormat }
}

/** Returns the turn detection of a session, or `null` when it is off. */
export function turnDetectionOf(session: AnySession): TurnDetection | null {
  const detection = session.audio?.input?.turn_detection
  return detection ? { ...detection, type: detection.type ?? 'server_vad' } : null
}

/**
 * Returns the session after an update, or why the whole update is rejected. The voice cannot change once the model has produced audio.
 */
export function updateSettings(
  session: AnySession,
  config: SessionConfig | TranscriptionSessionConfig,
  { voices, isVoiceLocked = false }: UpdateRules,
): AnySession | Refusal {
  const limit = checkServiceLimits(config, 'session', voices)
  if (session.type === 'realtime') {
    if (config.type !== 'realtime') return refusals.otherSessionType('transcription', 'realtime')
    return (
      limit ?? checkModelLimits(config, session, { at: 'session', isVoiceLocked }) ?? updateSession(session, config)
    )
  }
  if (config.type !== 'transcription') return refusals.otherSessionType('realtime', 'transcription')
  return limit ?? updateTranscriptionSession(session, config)
}

/** What an update is checked against, beside the session. */
export interface UpdateRules {
  /** Names of the voices that exist. */
  readonly voices: readonly string[]
  /** Whether the model has produced audio. */
  readonly isVoiceLocked?: boolean
}

function updateSession(session: Session, config: SessionConfig): Session {
  const { audio, instructions, tools, reasoning, model: _ignored, ...rest } = config
  const output = audio?.output
  return {
    ...session,
    ...rest,
    // Empty instructions do not replace the default instructions of the service.
    ...(instructions === undefined ? {} : { instructions: instructions || defaultInstructions }),
    ...(tools === undefined ? {} : { tools: tools.map(describeTool) }),
    ...(reasoning === undefined ? {} : { reasoning: { ...session.reasoning, ...reasoning } }),
    audio: {
      input: mergeInput(session.audio?.input ?? {}, audio?.input ?? {}, session.model),
      output: {
        ...session.audio?.output,
        ...output,
        ...(output?.format ? { format: describeFormat(output.format) } : {}),
      },
    },
  }
}

function updateTranscriptionSession(
  session: TranscriptionSession,
  { audio, include }: TranscriptionSessionConfig,
): TranscriptionSession | Refusal {
  const input = mergeTranscriptionInput(session.audio?.input ?? {}, audio?.input ?? {})
  if (isRefusal(input)) return input
  return { ...session, ...(include === undefined ? {} : { include }), audio: { input } }
}

/** Returns a tool as the server reports it, with `null` for omitted fields. */
function describeTool(tool: ToolInput): Tool {
  if (tool.type === 'mcp') return tool
  const { type, name, description = null, ...rest } = tool
  return { type, name, description, ...rest }
}
