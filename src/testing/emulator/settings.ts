import type { AudioFormat } from '../../protocol/audio-format.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { Session, SessionConfig } from '../../protocol/session.js'
import type { Tool, ToolInput } from '../../protocol/tools.js'
import type { TranscriptionSession, TranscriptionSessionConfig } from '../../protocol/transcription-session.js'
import type { TurnDetection } from '../../protocol/turn-detection.js'
import { describeFormat, mergeInput, mergeTranscriptionInput, quietEnds } from './audio-settings.js'
import { refuseDemand } from './limits.js'
import { isRefusal, type Refusal, refusals } from './rules.js'

/** How a session begins. */
export interface SessionSeed {
  readonly id: string
  readonly model: string
  /** Seconds since 1970; 0 for the answer that grants a client secret. */
  readonly expiresAt: number
}

const defaultInstructions =
  'You are a helpful voice assistant of the realtime-primitives emulator. Nothing here is understood; answers are scripted or echoed.'

/** The resource of a new conversation, with the service's own defaults and nulls. */
export function newSession({ id, model, expiresAt }: SessionSeed): Session {
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
          ...quietEnds,
          idle_timeout_ms: null,
          create_response: true,
          interrupt_response: true,
        },
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
    },
    include: null,
  }
}

/** The resource of a new session that only transcribes. */
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
        turn_detection: { type: 'server_vad', ...quietEnds },
      },
    },
    include: null,
  }
}

/** The encodings of a session's sound, in and out. */
export interface SoundFormats {
  readonly input: AudioFormat
  readonly output: AudioFormat
}

const defaultFormat: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** The encodings of a session's sound. */
export function formatsOf(session: AnySession): SoundFormats {
  const output = session.type === 'realtime' ? session.audio?.output?.format : undefined
  return { input: session.audio?.input?.format ?? defaultFormat, output: output ?? defaultFormat }
}

/** How a session finds turns; `null` when it does not. */
export function turnDetectionOf(session: AnySession): TurnDetection | null {
  const detection = session.audio?.input?.turn_detection
  return detection ? { ...detection, type: detection.type ?? 'server_vad' } : null
}

/** The session after an update, or why the update is refused as a whole; once the model has spoken, its voice is locked. */
export function updateSettings(
  session: AnySession,
  config: SessionConfig | TranscriptionSessionConfig,
  { isVoiceLocked }: { readonly isVoiceLocked: boolean },
): AnySession | Refusal {
  if (session.type === 'realtime') {
    if (config.type !== 'realtime') return refusals.otherSessionType('transcription', 'realtime')
    return refuseDemand(config, session, { at: 'session', isVoiceLocked }) ?? updateSession(session, config)
  }
  if (config.type !== 'transcription') return refusals.otherSessionType('realtime', 'transcription')
  return updateTranscriptionSession(session, config)
}

function updateSession(session: Session, config: SessionConfig): Session {
  const { audio, instructions, tools, reasoning, model: _ignored, ...rest } = config
  const output = audio?.output
  return {
    ...session,
    ...rest,
    // The service keeps its own instructions when it is given empty ones.
    ...(instructions === undefined ? {} : { instructions: instructions || defaultInstructions }),
    ...(tools === undefined ? {} : { tools: tools.map(describeTool) }),
    ...(reasoning === undefined ? {} : { reasoning: { ...session.reasoning, ...reasoning } }),
    audio: {
      input: mergeInput(session.audio?.input ?? {}, audio?.input ?? {}),
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

/** A tool as the server reports it: what was left out of a function is null. */
function describeTool(tool: ToolInput): Tool {
  if (tool.type === 'mcp') return tool
  const { type, name, description = null, ...rest } = tool
  return { type, name, description, ...rest }
}
