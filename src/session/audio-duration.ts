import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { Session } from '../protocol/session.js'
import type { TranscriptionSession } from '../protocol/transcription-session.js'
import { outputFormatOf } from './audio-format.js'

/** The format of audio, as far as its duration depends on it. */
export interface AudioFormatInfo {
  readonly type?: string | undefined
  readonly rate?: number | null | undefined
}

/**
 * Returns the bytes of one millisecond of mono audio. G.711 takes 8. Every other format is read as PCM16, at 24 kHz unless the format has
 * another rate.
 */
export function bytesPerMs(format: AudioFormatInfo | null | undefined): number {
  if (format?.type === 'audio/pcmu' || format?.type === 'audio/pcma') return 8
  return (2 * (format?.rate || 24_000)) / 1000
}

/** Returns the duration of audio in milliseconds, not rounded. */
export function audioMs(byteLength: number, format: AudioFormatInfo | null | undefined): number {
  return byteLength / bytesPerMs(format)
}

/** Returns the number of bytes that a base64 text encodes. */
export function base64ByteLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.floor((text.length * 3) / 4) - padding
}

/** Returns the duration of an audio delta (base64) in milliseconds, in the output format of the session. */
export function outputAudioMs(
  delta: string,
  session: DeepReadonly<Session | TranscriptionSession> | undefined,
): number {
  return audioMs(base64ByteLength(delta), outputFormatOf(session))
}
