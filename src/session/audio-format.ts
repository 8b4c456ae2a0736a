import type { AudioFormatLike } from '../audio/duration.js'

/** An audio format as an object, as the API reports it. */
export type ReportedAudioFormat = Exclude<AudioFormatLike, string>

/** The format of a session that reports none. */
const pcm16: ReportedAudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** The part of a session resource that contains the formats. Transcription and translation sessions have only an input format. */
interface AudioSettings {
  readonly audio?: {
    readonly [Direction in 'input' | 'output']?: { readonly format?: ReportedAudioFormat | null } | null
  }
}

/** Returns the input format that the server reports, 24 kHz PCM16 by default. */
export function inputFormatOf(session: unknown): ReportedAudioFormat {
  return (session as AudioSettings | undefined)?.audio?.input?.format ?? pcm16
}

/** Returns the output format that the server reports, 24 kHz PCM16 by default. */
export function outputFormatOf(session: unknown): ReportedAudioFormat {
  return (session as AudioSettings | undefined)?.audio?.output?.format ?? pcm16
}
