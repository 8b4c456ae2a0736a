import type { AudioFormatInput } from '../../protocol/audio-format.js'
import type { AudioInput, AudioInputConfig } from '../../protocol/session-parts.js'
import type { TranscriptionInput } from '../../protocol/transcription.js'
import type { TranscriptionAudioInput } from '../../protocol/transcription-session.js'
import type { TurnDetectionInput } from '../../protocol/turn-detection.js'
import { defaultsOf, defaultTurnDetection } from './model-defaults.js'
import { type Refusal, refusals } from './refusals.js'

/**
 * Merges an update into the input configuration. `null` disables a feature, and omitted fields keep their value.
 * @param model - Model of the session, which determines the default turn detection.
 */
export function mergeInput(input: AudioInput, config: AudioInputConfig, model: string | null | undefined): AudioInput {
  const { turn_detection } = config
  return {
    ...input,
    ...mergeCommon(input, config),
    ...(turn_detection === undefined
      ? {}
      : { turn_detection: turn_detection && mergeTurnDetection(input.turn_detection, turn_detection, model) }),
  }
}

/** Merges an update into the input configuration of a transcription session, or returns why it is rejected. */
export function mergeTranscriptionInput(
  input: TranscriptionAudioInput,
  config: AudioInputConfig,
): TranscriptionAudioInput | Refusal {
  const { turn_detection } = config
  const merged: TranscriptionAudioInput = { ...input, ...mergeCommon(input, config) }
  if (turn_detection?.type === 'semantic_vad') {
    return refusals.invalidValue('session.audio.input.turn_detection.type', 'semantic_vad', ['server_vad'])
  }
  for (const field of ['create_response', 'interrupt_response', 'idle_timeout_ms'] as const) {
    if (turn_detection && field in turn_detection) {
      return refusals.unknownField(`session.audio.input.turn_detection.${field}`)
    }
  }
  if (turn_detection !== undefined) {
    const base = input.turn_detection ?? defaultTurnDetection
    merged.turn_detection = turn_detection && { ...base, ...turn_detection }
  }
  const model = merged.transcription?.model
  if (!merged.turn_detection || (model !== 'gpt-realtime-whisper' && model !== 'gpt-live-transcribe')) return merged
  // These models find the turns themselves. The service rejects turn detection only when the update contains it.
  return turn_detection ? refusals.noTurnDetection(model) : { ...merged, turn_detection: null }
}

/** Returns a format as the server reports it. PCM always includes its rate. */
export function describeFormat(format: AudioFormatInput) {
  return format.type === 'audio/pcm' ? { type: format.type, rate: 24_000 } : { type: format.type }
}

function mergeCommon(
  { transcription: current }: Pick<AudioInput, 'transcription'>,
  { format, transcription, noise_reduction }: AudioInputConfig,
) {
  return {
    ...(format === undefined ? {} : { format: describeFormat(format) }),
    ...(transcription === undefined
      ? {}
      : { transcription: transcription && describeTranscription(current, transcription) }),
    ...(noise_reduction === undefined ? {} : { noise_reduction: noise_reduction && { ...noise_reduction } }),
  }
}

function describeTranscription(current: AudioInput['transcription'], config: TranscriptionInput) {
  return { model: 'whisper-1', language: null, prompt: null, ...current, ...config }
}

function mergeTurnDetection(
  current: AudioInput['turn_detection'],
  { type, ...config }: TurnDetectionInput,
  model: string | null | undefined,
) {
  const kept = current?.type === type ? current : undefined
  const answers = { create_response: true, interrupt_response: true }
  return type === 'semantic_vad'
    ? { type, eagerness: 'auto' as const, ...answers, ...kept, ...config }
    : { type, ...defaultsOf(model).turnDetection, idle_timeout_ms: null, ...answers, ...kept, ...config }
}
